import type { AdapterSubscription, MessageSink } from '../../../core/adapter/inbound.js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { InboundRequest } from '../../../core/adapter/service-facet.js'
import { ByteBudget } from '../../../core/byte-budget.js'
import type { Clock } from '../../../core/clock.js'
import { FEED_METHOD, isInternal } from '../../../core/internal-methods.js'
import type { Logger } from '../../../core/telemetry.js'
import type { Headers, Value } from '../../../core/value.js'
import { hasMoreValues } from '../../../wire/json-values.js'
import type { WireFormat } from '../../../wire/wire-format.js'
import { GOING_AWAY } from '../going-away.js'
import { AnswerEncoder, type Reply } from './answer-encoder.js'
import { type AdmitRequests, Caller, type CallerMemory, type CallerOrigin } from './caller.js'
import { type Content, isBatch, readContent } from './content.js'
import { FairQueue } from './fair-queue.js'
import type { Guard } from './guard.js'
import { InternalCalls } from './internal-calls.js'
import {
  AUTHENTICATE,
  accessRefused,
  type Entry,
  type ErrorObject,
  errorReply,
  invalidRequest,
  methodNotFound,
  PARSE_ERROR,
  replyOf,
  STOPPED,
} from './messages.js'
import { presentToken } from './present-token.js'
import { ServedMethods } from './served-methods.js'
import type { BuiltInCalls } from './subscriptions.js'

type Sink = MessageSink<InboundRequest>

/** The encoded answer to a call; `undefined` for a notification. */
type Answer = Uint8Array | undefined

/** A message that waits. */
interface Waiting {
  /** Bytes that its answer is expected to have. */
  readonly expected: number
  /** Called with false if the caller has gone. */
  readonly proceed: (isWanted: boolean) => void
}

export interface DispatcherSettings {
  readonly format: WireFormat
  /** Maximum number of requests in a batch. */
  readonly maxBatch: number
  /** Maximum number of values in a message: objects, arrays, members and elements. */
  readonly maxValues: number
  /** Maximum size of an answer in bytes. */
  readonly limit: number
  /** Maximum size of all answers that are being made at the same time, in bytes. */
  readonly answers: number
}

const EMPTY = new Uint8Array()

/**
 * Delivers requests to the sinks of their methods and assembles the answers (JSON-RPC 2.0, sections 4 to 6). It
 * takes and returns bytes, so that HTTP and WebSocket share it.
 */
export class Dispatcher {
  readonly #settings: DispatcherSettings
  readonly #guard: Guard
  readonly #encoder: AnswerEncoder
  readonly #methods = new ServedMethods(() => this.#proceed())
  readonly #internal = new InternalCalls()
  /** Messages that wait until every sink has room, and until fewer answers are being made for their caller. */
  readonly #waiting = new FairQueue<Caller, Waiting>()
  /** Counts the answers that are being made. */
  readonly #answers: ByteBudget
  /** Ends each unanswered call with an error. */
  readonly #unanswered = new Set<() => void>()
  #isDraining = false

  constructor(settings: DispatcherSettings, guard: Guard, log: Logger, clock: Clock) {
    this.#settings = settings
    this.#guard = guard
    this.#answers = new ByteBudget(settings.answers)
    this.#encoder = new AnswerEncoder(settings.format, settings.limit, log, clock)
  }

  /**
   * Whether any method is served. Before that callers get 503, because a restarting server would answer "method not
   * found".
   */
  get isReady(): boolean {
    return this.#methods.size > 0 && !this.#isDraining
  }

  /** Delivers requests for `method` to `sink`. A later sink for the same method replaces it. */
  serve(method: string, sink: Sink): AdapterSubscription {
    return isInternal(method) ? this.#internal.serve(method, sink) : this.#methods.serve(method, sink)
  }

  /**
   * Answers one message of a caller; the result is `undefined` if it holds only notifications, or the caller has been
   * forgotten. Resolves when every call in it has been answered; never rejects.
   */
  async answer(
    message: Uint8Array,
    headers: Headers | undefined,
    caller: Caller,
    builtIns?: BuiltInCalls,
  ): Promise<Answer> {
    let content: Content
    try {
      content = this.#read(message)
    } catch {
      const error = caller.admit(1) ?? PARSE_ERROR
      return this.#encoder.encode({ id: null, value: errorReply(null, error) })
    }
    const refusal = caller.admit(isBatch(content) ? content.length : 1)
    if (refusal !== undefined) return this.#refuse(content, refusal)
    const expected = this.#methods.expectedOf(content)
    if (!this.#methods.hasRoom || this.#waiting.has(caller) || !caller.mayAsk(expected)) {
      const isWanted = await new Promise<boolean>((proceed) =>
        this.#waiting.push(caller, { expected, proceed }),
      )
      if (!isWanted) return undefined
    } else caller.asked(expected)
    // What follows a token is checked with it.
    if (caller.authenticating !== undefined) await caller.authenticating
    const answer = isBatch(content)
      ? this.#answerBatch(content, message, headers, caller, builtIns)
      : this.#handle(content, message, headers, caller, (reply) => this.#encoder.encode(reply), builtIns)
    this.#proceed()
    const bytes = await answer
    caller.answered(expected)
    this.#proceed()
    return bytes
  }

  /** Reads a message. @throws SerializeError if it is malformed */
  #read(message: Uint8Array): Content {
    const { format, maxBatch, maxValues } = this.#settings
    if (hasMoreValues(message, maxValues))
      return {
        kind: 'invalid',
        id: null,
        fault: `the message has more values than "max_values" (${maxValues})`,
      }
    return readContent(format.decode(message), maxBatch)
  }

  /** Answers all calls of a message with an error. */
  #refuse(content: Content, refusal: ErrorObject): Answer {
    const entries = isBatch(content) ? content : [content]
    const answers = entries
      .filter((entry) => entry.kind !== 'notification')
      .map(({ id }) => this.#encoder.encode({ id, value: errorReply(id, refusal) }))
    if (answers.length === 0) return undefined
    return isBatch(content) ? this.#encoder.join(answers) : answers[0]
  }

  /**
   * Asks the host thread, through a method that callers cannot call.
   * @returns its answer; `undefined` if the host does not serve the method
   */
  ask(method: string, params: Value): Promise<RpcOutcome> | undefined {
    return this.#internal.ask(method, params)
  }

  /** Makes a caller. */
  caller(memory: CallerMemory, admit: AdmitRequests, origin: CallerOrigin): Caller {
    return new Caller(memory, this.#answers, admit, origin)
  }

  /** Drops the messages of a caller that has gone and that no method has received yet. */
  forget(caller: Caller): void {
    for (const { proceed } of this.#waiting.remove(caller)) proceed(false)
  }

  /** Refuses new calls; calls already delivered are still answered. */
  drain(): void {
    this.#isDraining = true
    this.#methods.drain()
    this.#proceed()
  }

  /** Answers every pending call with an error and forgets every method. */
  stop(): void {
    this.#methods.clear()
    this.#internal.stop()
    for (const end of [...this.#unanswered]) end()
    this.#proceed()
  }

  /** Lets the next message proceed, which lets the one after it proceed when it has been delivered. */
  #proceed(): void {
    if (this.#methods.hasRoom) this.#waiting.shift(admit)?.proceed(true)
  }

  async #answerBatch(
    entries: readonly Entry[],
    message: Uint8Array,
    headers: Headers | undefined,
    caller: Caller,
    builtIns: BuiltInCalls | undefined,
  ): Promise<Answer> {
    const batch = this.#encoder.batch(caller.memory)
    const encode = (reply: Reply) => this.#encoder.encodeInBatch(reply, batch)
    // The size of the whole counts once on its way to the host thread.
    const handled = entries.map((entry, index) =>
      this.#handle(entry, index === 0 ? message : EMPTY, headers, caller, encode, builtIns),
    )
    const answers = (await Promise.all(handled)).filter((answer) => answer !== undefined)
    caller.memory.add(-batch.held)
    return answers.length === 0 ? undefined : this.#encoder.join(answers)
  }

  /** @param encode called as soon as the answer is known, so that its value need not be kept */
  #handle(
    entry: Entry,
    payload: Uint8Array,
    headers: Headers | undefined,
    caller: Caller,
    encode: (reply: Reply) => Uint8Array,
    builtIns: BuiltInCalls | undefined,
  ): Promise<Answer> | Answer {
    if (entry.kind === 'invalid')
      return encode({ id: entry.id, value: invalidRequest(entry.id, entry.fault) })
    if (entry.method === AUTHENTICATE && caller.authenticate !== undefined)
      return presentToken(entry, caller).then((reply) => reply && encode(reply))
    const access = this.#guard.access(entry.method, caller.who)
    if (!access.isAllowed) {
      caller.refusal ??= access.refusal
      this.#guard.refused(access.refusal, caller.address, entry.method)
      return entry.kind === 'call'
        ? encode({ id: entry.id, value: accessRefused(entry.id, access.refusal) })
        : undefined
    }
    caller.admitted++
    const sink = this.#isDraining ? undefined : this.#methods.sinkOf(entry.method)
    const { method: topic, params } = entry
    const { identity } = access
    const request = {
      topic,
      params,
      payload,
      ...(headers !== undefined && { headers }),
      ...(identity !== undefined && { identity }),
    }
    if (entry.kind === 'notification') {
      if (sink !== undefined) this.#methods.deliver(sink, { ...request, answer: async () => {} })
      return undefined
    }
    const { id } = entry
    if (this.#isDraining) return encode({ id, value: errorReply(id, GOING_AWAY) })
    if (sink === undefined) {
      if (!this.#internal.has(FEED_METHOD) || builtIns?.has(topic) !== true)
        return encode({ id, value: methodNotFound(id) })
      return builtIns.call(topic, params).then((outcome) => encode({ id, value: replyOf(id, outcome) }))
    }
    return new Promise((resolve) => {
      const settle = (value: Value) => {
        if (!this.#unanswered.delete(end)) return
        const bytes = encode({ id, value })
        this.#methods.answered(topic, bytes.length)
        resolve(bytes)
      }
      const end = () => settle(errorReply(id, STOPPED))
      this.#unanswered.add(end)
      this.#methods.deliver(sink, { ...request, answer: async (outcome) => settle(replyOf(id, outcome)) })
    })
  }
}

/** Counts the message as asked for if its caller may ask. */
function admit(caller: Caller, { expected }: Waiting): boolean {
  if (!caller.mayAsk(expected)) return false
  caller.asked(expected)
  return true
}
