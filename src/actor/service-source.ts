import type { Attempt } from '../core/adapter/attempt.js'
import type { AdapterSubscription, MessageSink } from '../core/adapter/inbound.js'
import type { RpcOutcome } from '../core/adapter/rpc-facet.js'
import type { InboundRequest, ServiceFacet } from '../core/adapter/service-facet.js'
import type { ByteBudget } from '../core/byte-budget.js'
import { UnsupportedError } from '../core/errors/operation.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { LimitSettings } from '../core/settings/limits.js'
import type { Value } from '../core/value.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import { AttemptSink } from './attempt-sink.js'
import type { Outbox } from './outbox.js'
import { quietly } from './quietly.js'
import type { Source } from './source.js'

/**
 * Services of a broker are held back at this many unanswered requests, and resumed at half of that. A server limits the
 * requests of each caller itself: a smaller limit here would let a few callers with slow calls stop all others.
 */
const MOST_PENDING = 1_024

/** The requests of all services of an integration that wait for the host's answer. */
export class PendingRequests {
  readonly #byToken = new SequenceTable<InboundRequest>()
  #heldBack: (() => void)[] = []
  readonly #gauges: Gauges
  readonly #budget: ByteBudget
  readonly #most: number
  #lastToken = 0
  #idle: (() => void)[] = []

  /** @param limits those of a server, which admits so many requests, and one more of each connection */
  constructor(
    gauges: Gauges,
    budget: ByteBudget,
    { requests, connections = 0 }: Pick<LimitSettings, 'requests' | 'connections'>,
  ) {
    this.#gauges = gauges
    this.#budget = budget
    this.#most = requests === undefined ? MOST_PENDING : requests + connections
  }

  /** Whether a service must be held back. If so, `onRoom` is called when it may resume. */
  isFull(onRoom: () => void): boolean {
    if (this.#byToken.size < this.#most && !this.#budget.isFull) return false
    this.#heldBack.push(onRoom)
    return true
  }

  /** Resolves when all requests have been answered. */
  drained(): Promise<void> {
    if (this.#byToken.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  add(request: InboundRequest): number {
    const token = ++this.#lastToken
    this.#gauges.count('received')
    this.#byToken.set(token, request)
    this.#budget.take(weight(request))
    return token
  }

  /** Answers a request. @returns false if it was answered before, or its connection is lost */
  async answer(token: number, outcome: RpcOutcome): Promise<boolean> {
    const request = this.#byToken.take(token)
    if (request === undefined) return false
    this.#gauges.count('answered')
    this.#budget.give(weight(request))
    if (this.#byToken.size <= this.#most / 2) this.#resume()
    try {
      await request.answer(outcome)
    } finally {
      if (this.#byToken.size === 0) this.#becomeIdle()
    }
    return true
  }

  /**
   * Sends a part of the answer to a request.
   * @returns false if it was answered before, or its caller has gone
   * @throws UnsupportedError if the protocol or the method has no streams
   */
  async part(token: number, value: Value): Promise<boolean> {
    const request = this.#byToken.get(token)
    if (request === undefined) return false
    if (request.part === undefined) throw new UnsupportedError(`a stream as the answer of ${request.topic}`)
    return request.part(value)
  }

  /** Removes all requests, because their connection is lost. */
  forget(): void {
    for (const request of this.#byToken.values()) this.#budget.give(weight(request))
    this.#byToken.clear()
    this.#resume()
    this.#becomeIdle()
  }

  #becomeIdle(): void {
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  #resume(): void {
    const heldBack = this.#heldBack
    this.#heldBack = []
    for (const onRoom of heldBack) onRoom()
  }
}

/** Estimates the memory of a pending request, in bytes: its payload, and the value decoded from it. */
function weight({ payload }: InboundRequest): number {
  return 2 * payload.byteLength + 400
}

/** One method that the host serves. Requests cross as values, because the adapter has decoded them. */
export class ServiceSource implements Source, MessageSink<InboundRequest> {
  readonly id: number
  readonly verb = 'serve'
  readonly target: string
  readonly #facet: ServiceFacet
  readonly #outbox: Outbox
  readonly #pending: PendingRequests
  readonly #onEnd: (error: Error) => void
  #sink: AttemptSink<InboundRequest> | undefined
  #subscription: AdapterSubscription | undefined
  #ended = false

  constructor(
    method: string,
    spec: SourceSpec,
    facet: ServiceFacet,
    outbox: Outbox,
    pending: PendingRequests,
    onEnd: (error: Error) => void,
  ) {
    this.id = spec.id
    this.target = method
    this.#facet = facet
    this.#outbox = outbox
    this.#pending = pending
    this.#onEnd = onEnd
  }

  async open(attempt: Attempt): Promise<void> {
    // A request on a retired sink is not answered: its caller times out and may try another server.
    const sink = new AttemptSink<InboundRequest>(this.target, this, () => {})
    this.#sink = sink
    const subscription = await sink.open(attempt, () => this.#facet.serve(this.target, sink, attempt))
    // It may have ended before this line is reached.
    if (sink.isRetired) void quietly(() => subscription.close())
    else this.#subscription = subscription
  }

  disconnected(): void {
    this.#sink?.retire()
    this.#subscription = undefined
  }

  release(): Promise<void> {
    const subscription = this.#subscription
    this.disconnected()
    return quietly(() => subscription?.close())
  }

  deliver(request: InboundRequest): boolean {
    const token = this.#pending.add(request)
    const { headers, identity } = request
    const extras = { token, ...(headers && { headers }), ...(identity && { identity }) }
    const size = request.payload.byteLength
    this.#outbox
      .run(this.id, 'values')
      .add(this.#outbox.topicNumber(request.topic), request.params, size, extras)
    this.#outbox.delivered(size, true)
    return !this.#pending.isFull(() => this.#subscription?.resume())
  }

  /** Does nothing: the callers of lost requests time out. */
  lost(): void {}

  end(error: Error): void {
    if (!this.#ended) this.#onEnd(error)
  }

  drain(): void {}

  flush(): void {}

  /** Ends it at the other side first, so that requests that arrive until then are answered. */
  async finish(): Promise<void> {
    this.#ended = true
    const subscription = this.#subscription
    await quietly(() => subscription?.finish?.() ?? subscription?.close())
    this.#sink?.retire()
  }

  async close(): Promise<void> {
    this.#ended = true
    this.#sink?.retire()
    await this.#subscription?.close()
  }

  async detach(): Promise<void> {
    this.#ended = true
    this.#sink?.retire()
    await (this.#subscription?.detach?.() ?? this.#subscription?.close())
  }
}
