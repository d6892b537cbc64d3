import type { ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import type { Clock, Timer } from '../../core/clock.js'
import { Channel } from '../../mailbox/channel.js'
import { decodeError } from '../../mailbox/error-codec.js'
import type { RequestOptions } from '../../mailbox/protocol.js'
import type { IncomingRequest } from '../../mailbox/requests.js'
import { type JoinLink, LinkMarks, type LinkOutcomes, type LinkPost } from '../../mailbox/route-link.js'
import { Turn } from '../../mailbox/turn.js'
import { InHand } from '../in-hand.js'
import type { Replies, RequestOrigin } from '../operation.js'
import type { Operations } from '../operations.js'
import type { BatchAnswer } from '../verbs.js'
import { afterAttempt } from './attempts.js'
import { CallBatcher } from './call-batcher.js'
import { withHop } from './hops.js'
import { Lanes } from './lanes.js'
import { type LinkedMessage, LinkReader } from './link-reader.js'
import { OutcomeWriter } from './outcome-writer.js'

/** How long messages may be read in one turn of the event loop before sockets are served. */
const TURN_MS = 10

const VERBS = { topic: 'publish', queue: 'enqueue', method: 'call' } as const

export interface InletDependencies {
  readonly clock: Clock
  readonly adapter: ProtocolAdapter
  readonly operations: Pick<Operations, 'accept' | 'endWaits'>
  readonly isConnected: () => boolean
  /** Returns a number for the next request of any route. */
  readonly nextSeq: () => number
}

/** A message on its way to the broker. */
interface Transit {
  readonly message: LinkedMessage
  readonly key: string | undefined
  attempts: number
  tries: number
}

/** A request for a message or a batch of calls. */
interface RouteRequest extends IncomingRequest {
  readonly transits: readonly Transit[]
}

/**
 * The sink's end of a link. Each message is an operation of the integration, with its connection, limits, breaker and
 * retries. What they cannot deliver is tried again here, and holds its place in the order meanwhile.
 */
export class Inlet implements Replies {
  readonly #link: JoinLink
  readonly #parts: InletDependencies
  readonly #channel: Channel<LinkOutcomes, LinkPost>
  readonly #origin: RequestOrigin
  readonly #lanes: Lanes<Transit>
  readonly #batcher: CallBatcher<Transit> | undefined
  readonly #outcomes = new OutcomeWriter()
  /** What is tried again after a time. */
  readonly #resting = new Map<Transit, Timer>()
  /** The numbers of messages that go back instead of waiting. */
  readonly #withdrawn = new Set<number>()
  /** Whether withdrawn messages that have not begun go back too. */
  #isLeaving = false
  /** The options of messages without metadata. */
  readonly #plain: { readonly withHop: RequestOptions; readonly bare: RequestOptions }
  #flush: Timer | undefined
  #isClosed = false

  constructor(link: JoinLink, parts: InletDependencies) {
    const { sink, end, marks } = link
    const { clock } = parts
    this.#link = link
    this.#parts = parts
    this.#origin = {
      replies: this,
      inHand: inHandOf(marks, clock),
      isHost: false,
      mayWait: (request) =>
        !(request as RouteRequest).transits.every((transit) => this.#isWithdrawn(transit)),
    }
    this.#plain = { withHop: this.#options(undefined, true), bare: this.#options(undefined, false) }
    this.#batcher = sink.batch && new CallBatcher(clock, sink.batch, (transits) => this.#request(transits))
    this.#lanes = new Lanes(sink.concurrency ?? Number.POSITIVE_INFINITY, (transit) => this.#try(transit))
    const reader = new LinkReader()
    const add = (message: LinkedMessage) =>
      this.#lanes.add({ message, key: message.extras?.key, attempts: 0, tries: 0 })
    this.#channel = new Channel<LinkOutcomes, LinkPost>(end, new Turn(clock, TURN_MS), (post) => {
      if ('withdrawn' in post) this.#withdraw(post.withdrawn)
      else reader.read(post, add)
    })
  }

  /** Handles the loss of the connection of the integration. */
  disconnected(): void {
    if (this.#withdrawn.size > 0) this.#withdraw([])
  }

  /** Ends the link. Operations that have begun are completed; nobody receives their outcome. */
  close(): void {
    this.#isClosed = true
    this.#flush?.cancel()
    for (const timer of this.#resting.values()) timer.cancel()
    this.#lanes.clear()
    this.#batcher?.stop()
    if (!this.#outcomes.isEmpty) this.#channel.post(this.#outcomes.take())
    this.#channel.close()
  }

  done(request: IncomingRequest): void {
    this.#ended(request, undefined)
  }

  reply(request: IncomingRequest, value: unknown): void {
    if (request.verb === 'batch') return this.#batchAnswered(request, value as readonly BatchAnswer[])
    this.#ended(request, value)
  }

  fail(request: IncomingRequest, error: unknown): void {
    // The connection was made after the message was accepted, and carries no headers.
    const isStripped = request.options?.headers !== undefined && !this.#carriesHeaders
    for (const transit of (request as RouteRequest).transits)
      if (isStripped) this.#try(transit)
      else this.#failed(transit, error)
  }

  /** Gives messages back that cannot be delivered now. Those that the broker has in hand are awaited. */
  #withdraw(numbers: readonly number[]): void {
    for (const number of numbers) this.#withdrawn.add(number)
    // A caller waits for its answer as long as the sink can give it.
    if (!this.#link.wantsResults || !this.#parts.isConnected()) this.#isLeaving = true
    for (const [transit, timer] of this.#resting) {
      if (!this.#isWithdrawn(transit)) continue
      timer.cancel()
      this.#resting.delete(transit)
      this.#giveBack(transit)
    }
    this.#batcher?.flush()
    this.#parts.operations.endWaits(this.#origin, this.#isLeaving)
  }

  #isWithdrawn({ message }: Transit): boolean {
    return this.#withdrawn.has(message.number)
  }

  #giveBack(transit: Transit): void {
    this.#outcomes.returned(transit.message.number)
    this.#settled(transit)
  }

  #try(transit: Transit): void {
    if (this.#isLeaving && this.#isWithdrawn(transit)) return this.#giveBack(transit)
    transit.tries++
    if (this.#batcher === undefined) this.#request([transit])
    else this.#batcher.add(transit, transit.message.bytes)
  }

  #request(transits: readonly Transit[]): void {
    if (this.#isClosed) return
    const [{ message }] = transits as readonly [Transit]
    const { operations, nextSeq } = this.#parts
    const isBatch = this.#batcher !== undefined
    const request: RouteRequest = {
      seq: nextSeq(),
      operation: 0,
      id: `${this.#link.idPrefix}-${message.number}`,
      verb: isBatch ? 'batch' : VERBS[this.#link.sink.kind],
      target: isBatch ? '' : message.target,
      value: isBatch
        ? transits.map(({ message: { target, value } }) => ({ method: target, params: value }))
        : message.value,
      options: isBatch ? batchOptions(transits) : this.#optionsOf(message),
      deadline: 0,
      transits,
      ...(message.extras?.id !== undefined && !isBatch && { messageId: message.extras.id }),
    }
    operations.accept(request, this.#origin)
  }

  #optionsOf({ extras }: LinkedMessage): RequestOptions {
    const carries = this.#carriesHeaders
    if (extras === undefined) return carries ? this.#plain.withHop : this.#plain.bare
    return this.#options(extras, carries)
  }

  /** Whether the sink carries headers now. A broker may turn out to speak an older version. */
  get #carriesHeaders(): boolean {
    const { pubsub, queue } = this.#parts.adapter
    const { kind } = this.#link.sink
    const facet = kind === 'topic' ? pubsub : kind === 'queue' ? queue : undefined
    return facet?.carriesHeaders !== false
  }

  #options(extras: LinkedMessage['extras'], carriesHeaders: boolean): RequestOptions {
    const { sink, passesBytes } = this.#link
    const { qos, retain, format, kind } = sink
    const carried = kind === 'method' ? undefined : extras?.headers
    const contentType = kind === 'method' ? undefined : extras?.contentType
    return {
      idempotent: true,
      ...(carriesHeaders && { headers: withHop(carried, extras?.hops ?? 0) }),
      ...(carriesHeaders && contentType !== undefined && { contentType }),
      ...(qos !== undefined && { qos }),
      ...(retain !== undefined && { retain }),
      ...(passesBytes ? { format: 'binary' } : format !== undefined && { format }),
    }
  }

  #batchAnswered(request: IncomingRequest, answers: readonly BatchAnswer[]): void {
    for (const [i, transit] of (request as RouteRequest).transits.entries()) {
      const answer = answers[i]!
      if (answer.ok) this.#succeeded(transit, answer.value)
      else this.#failed(transit, decodeError(answer.error))
    }
  }

  #ended(request: IncomingRequest, value: unknown): void {
    for (const transit of (request as RouteRequest).transits) this.#succeeded(transit, value)
  }

  #succeeded(transit: Transit, value: unknown): void {
    if (this.#isClosed) return
    const { number } = transit.message
    if (value === undefined || !this.#link.wantsResults) this.#outcomes.accepted(number)
    else this.#outcomes.result(number, value)
    this.#settled(transit)
  }

  #failed(transit: Transit, error: unknown): void {
    if (this.#isClosed) return
    const { sink } = this.#link
    const next = afterAttempt(
      error,
      transit.attempts + 1,
      transit.tries,
      sink.maxAttempts,
      this.#parts.isConnected(),
    )
    if (next.kind === 'refused') {
      this.#outcomes.refused(transit.message.number, error)
      return this.#settled(transit)
    }
    if (this.#isWithdrawn(transit)) {
      if (!next.counts) this.#isLeaving = true
      return this.#giveBack(transit)
    }
    if (next.counts) {
      transit.attempts++
      transit.tries = 0
    }
    const timer = this.#parts.clock.setTimer(next.afterMs, () => {
      this.#resting.delete(transit)
      this.#try(transit)
    })
    this.#resting.set(transit, timer)
  }

  #settled(transit: Transit): void {
    this.#flush ??= this.#parts.clock.nextTurn(() => {
      this.#flush = undefined
      this.#channel.post(this.#outcomes.take())
    })
    this.#lanes.ended(transit)
  }
}

/** Marks the messages of each request that is started, by their numbers at the source. */
function inHandOf(marks: SharedArrayBuffer, clock: Clock): RequestOrigin['inHand'] {
  const inHand = new InHand(new LinkMarks(marks), clock)
  return {
    mustWait: (request) => inHand.mustWait(request),
    later: (begin) => inHand.later(begin),
    take: (request) => {
      for (const { message } of (request as RouteRequest).transits)
        inHand.take({ seq: message.number, options: undefined })
    },
    released: () => inHand.released(),
  }
}

/** The options of a request with several calls: the most hops of any of them. */
function batchOptions(transits: readonly Transit[]): RequestOptions {
  const hops = transits.reduce((most, { message }) => Math.max(most, message.extras?.hops ?? 0), 0)
  return { idempotent: true, headers: withHop(undefined, hops) }
}
