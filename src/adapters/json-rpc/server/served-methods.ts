import type { AdapterSubscription, MessageSink } from '../../../core/adapter/inbound.js'
import type { InboundRequest } from '../../../core/adapter/service-facet.js'
import { nextExpected } from '../../../core/expected-size.js'
import { type Content, isBatch } from './content.js'

type Sink = MessageSink<InboundRequest>

/** The methods that callers can call, the sinks of their requests, and the sizes of their answers. */
export class ServedMethods {
  readonly #sinks = new Map<string, Sink>()
  /** Sinks without room; nothing is delivered until all of them have room. */
  readonly #holding = new Set<Sink>()
  /** The sink whose `deliver` is running, until it has room again. */
  #delivering: Sink | undefined
  /** Bytes that the answers of each method are expected to have. */
  readonly #expected = new Map<string, number>()
  readonly #onRoom: () => void

  /** @param onRoom called when a sink has room again */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
  }

  /** How many methods are served. */
  get size(): number {
    return this.#sinks.size
  }

  /** Whether every sink has room. */
  get hasRoom(): boolean {
    return this.#holding.size === 0
  }

  /** Delivers requests for `method` to `sink`. A later sink for the same method replaces it. */
  serve(method: string, sink: Sink): AdapterSubscription {
    this.#sinks.set(method, sink)
    this.#expected.set(method, 0)
    return {
      resume: () => {
        if (this.#delivering === sink) this.#delivering = undefined
        this.#release(sink)
      },
      close: async () => {
        if (this.#sinks.get(method) === sink) {
          this.#sinks.delete(method)
          this.#expected.delete(method)
        }
        this.#release(sink)
      },
    }
  }

  /** The sink of a method; `undefined` if the method is not served. */
  sinkOf(method: string): Sink | undefined {
    return this.#sinks.get(method)
  }

  deliver(sink: Sink, request: InboundRequest): void {
    this.#delivering = sink
    const hasRoom = sink.deliver(request)
    if (!hasRoom && this.#delivering === sink) this.#holding.add(sink)
    this.#delivering = undefined
  }

  /** Bytes that the answers to a message are expected to have. */
  expectedOf(content: Content): number {
    if (isBatch(content)) return content.reduce((sum, entry) => sum + this.expectedOf(entry), 0)
    return content.kind === 'call' ? (this.#expected.get(content.method) ?? 0) : 0
  }

  /** Learns the size of an answer of a method. */
  answered(method: string, bytes: number): void {
    const expected = this.#expected.get(method)
    if (expected !== undefined) this.#expected.set(method, nextExpected(expected, bytes))
  }

  /** Waits for no sink any more. */
  drain(): void {
    this.#holding.clear()
  }

  /** Forgets every method. */
  clear(): void {
    this.#sinks.clear()
    this.#expected.clear()
    this.#holding.clear()
  }

  #release(sink: Sink): void {
    if (this.#holding.delete(sink)) this.#onRoom()
  }
}
