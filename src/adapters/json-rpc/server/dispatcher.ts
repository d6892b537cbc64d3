import { Buffer } from 'node:buffer'
import type { AdapterSubscription, MessageSink } from '../../../core/adapter/inbound.js'
import type { InboundRequest } from '../../../core/adapter/service-facet.js'
import type { Logger } from '../../../core/telemetry.js'
import type { Headers, Value } from '../../../core/value.js'
import type { WireFormat } from '../../../wire/wire-format.js'
import { GOING_AWAY } from '../going-away.js'
import {
  type Entry,
  type ErrorObject,
  errorReply,
  type Id,
  internalError,
  invalidRequest,
  methodNotFound,
  PARSE_ERROR,
  readEntry,
  replyOf,
  STOPPED,
} from './messages.js'

type Sink = MessageSink<InboundRequest>
/** The answer to a call; `undefined` for a notification. */
type Reply = { readonly id: Id; readonly value: Value } | undefined

export interface DispatcherSettings {
  readonly format: WireFormat
  /** Maximum number of requests in a batch. */
  readonly maxBatch: number
  /** Maximum size of an answer in bytes. */
  readonly limit: number
}

const EMPTY = new Uint8Array()
const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/**
 * Delivers requests to the sinks of their methods and assembles the answers (JSON-RPC 2.0, sections 4 to 6). It
 * takes and returns bytes, so that HTTP and WebSocket share it.
 */
export class Dispatcher {
  readonly #settings: DispatcherSettings
  readonly #log: Logger
  readonly #methods = new Map<string, Sink>()
  /** Sinks without room; nothing is delivered until all of them have room. */
  readonly #holding = new Set<Sink>()
  /** The sink whose `deliver` is running, until it has room again. */
  #delivering: Sink | undefined
  #waiting: (() => void)[] = []
  /** Ends each unanswered call with an error. */
  readonly #unanswered = new Set<() => void>()
  #isDraining = false

  constructor(settings: DispatcherSettings, log: Logger) {
    this.#settings = settings
    this.#log = log
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
    this.#methods.set(method, sink)
    return {
      resume: () => {
        if (this.#delivering === sink) this.#delivering = undefined
        this.#release(sink)
      },
      close: async () => {
        if (this.#methods.get(method) === sink) this.#methods.delete(method)
        this.#release(sink)
      },
    }
  }

  /**
   * Answers one message of a caller; the result is `undefined` if it holds only notifications. Resolves when every
   * call in it has been answered; never rejects.
   */
  async answer(message: Uint8Array, headers: Headers | undefined): Promise<Uint8Array | undefined> {
    let value: Value
    try {
      value = this.#settings.format.decode(message)
    } catch {
      return this.#encode({ id: null, value: errorReply(null, PARSE_ERROR) })
    }
    if (this.#holding.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (!Array.isArray(value)) {
      const reply = await this.#handle(readEntry(value), message, headers)
      return reply && this.#encode(reply)
    }
    return this.#answerBatch(value as readonly Value[], headers)
  }

  /** Refuses new calls; calls already delivered are still answered. */
  drain(): void {
    this.#isDraining = true
    this.#holding.clear()
    for (const proceed of this.#waiting.splice(0)) proceed()
  }

  /** Answers every pending call with an error and forgets every method. */
  stop(): void {
    this.#methods.clear()
    this.#holding.clear()
    for (const end of [...this.#unanswered]) end()
    for (const proceed of this.#waiting.splice(0)) proceed()
  }

  async #answerBatch(
    values: readonly Value[],
    headers: Headers | undefined,
  ): Promise<Uint8Array | undefined> {
    const { maxBatch } = this.#settings
    const fault =
      values.length === 0
        ? 'the batch is empty'
        : values.length > maxBatch
          ? `the batch has ${values.length} requests; the limit is ${maxBatch}`
          : undefined
    if (fault !== undefined) return this.#encode({ id: null, value: invalidRequest(null, fault) })
    const handled = values.map((value) => this.#handle(readEntry(value), EMPTY, headers))
    const replies = (await Promise.all(handled)).filter((reply) => reply !== undefined)
    return replies.length === 0 ? undefined : this.#join(replies)
  }

  #handle(entry: Entry, payload: Uint8Array, headers: Headers | undefined): Promise<Reply> | Reply {
    if (entry.kind === 'invalid') return { id: entry.id, value: invalidRequest(entry.id, entry.fault) }
    const sink = this.#isDraining ? undefined : this.#methods.get(entry.method)
    const { method: topic, params } = entry
    const request = { topic, params, payload, ...(headers !== undefined && { headers }) }
    if (entry.kind === 'notification') {
      if (sink !== undefined) this.#deliver(sink, { ...request, answer: async () => {} })
      return undefined
    }
    const { id } = entry
    if (this.#isDraining) return { id, value: errorReply(id, GOING_AWAY) }
    if (sink === undefined) return { id, value: methodNotFound(id) }
    return new Promise((resolve) => {
      const settle = (value: Value) => {
        this.#unanswered.delete(end)
        resolve({ id, value })
      }
      const end = () => settle(errorReply(id, STOPPED))
      this.#unanswered.add(end)
      this.#deliver(sink, { ...request, answer: async (outcome) => settle(replyOf(id, outcome)) })
    })
  }

  #deliver(sink: Sink, request: InboundRequest): void {
    this.#delivering = sink
    const hasRoom = sink.deliver(request)
    if (!hasRoom && this.#delivering === sink) this.#holding.add(sink)
    this.#delivering = undefined
  }

  #release(sink: Sink): void {
    if (!this.#holding.delete(sink) || this.#holding.size > 0) return
    for (const proceed of this.#waiting.splice(0)) proceed()
  }

  /**
   * Encodes an answer. If it is too large or cannot be encoded, sends the error without its data, or an internal
   * error.
   */
  #encode({ id, value }: NonNullable<Reply>, limit = this.#settings.limit): Uint8Array {
    const { format } = this.#settings
    try {
      const bytes = format.encode(value)
      if (bytes.length <= limit) return bytes
      this.#log({
        level: 'warn',
        message: `an answer of ${bytes.length} bytes exceeds the limit of ${limit} bytes`,
      })
    } catch (error) {
      this.#log({ level: 'warn', message: `an answer cannot be sent: ${(error as Error).message}` })
    }
    const { error } = value as { readonly error?: ErrorObject }
    if (error?.data === undefined) return format.encode(internalError(id))
    const { code, message } = error
    return this.#encode({ id, value: errorReply(id, { code, message }) }, limit)
  }

  #join(replies: readonly NonNullable<Reply>[]): Uint8Array {
    const pieces: Uint8Array[] = []
    let room = this.#settings.limit
    for (const reply of replies) {
      const bytes = this.#encode(reply, room)
      room -= bytes.length
      pieces.push(pieces.length === 0 ? OPEN : COMMA, bytes)
    }
    return Buffer.concat([...pieces, CLOSE])
  }
}
