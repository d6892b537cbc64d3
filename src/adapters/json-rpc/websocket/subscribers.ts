import { Buffer } from 'node:buffer'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../../../core/adapter.js'
import { TopicTrie } from '../../../core/topic-trie.js'
import type { Value } from '../../../core/value.js'

type Sink = MessageSink<InboundMessage>

/** Holds the socket back, and lets it go again. */
export interface Flow {
  pause(): void
  resume(): void
}

const NULL = Buffer.from('null')

/**
 * Who gets the notifications of a connection: subscribers of methods by pattern, and those of a subscription that a
 * call has opened, whose notifications name it (`params: { subscription, result }`). While one of them has no room
 * nothing is read: there is one stream, and nothing in it may be lost.
 */
export class Subscribers {
  readonly #byMethod = new TopicTrie<Sink>()
  readonly #byId = new Map<number | string, Sink>()
  readonly #holding = new Set<Sink>()
  readonly #flow: Flow

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** @returns what ends it. */
  add(pattern: string, sink: Sink): AdapterSubscription {
    const remove = this.#byMethod.add(pattern, sink)
    return this.#subscription(sink, async () => remove())
  }

  /** @param end tells the server, never throws */
  addOpened(id: number | string, sink: Sink, end: () => Promise<void>): AdapterSubscription {
    this.#byId.set(id, sink)
    return this.#subscription(sink, async () => {
      if (this.#byId.get(id) !== sink) return
      this.#byId.delete(id)
      await end()
    })
  }

  notified(method: string, params: Value | undefined): void {
    const opened = this.#openedBy(params)
    if (opened !== undefined) {
      const { result } = params as { readonly result?: Value }
      return this.#deliver(opened, method, payloadOf(result))
    }
    const sinks = this.#byMethod.match(method)
    if (sinks.length === 0) return
    const payload = payloadOf(params)
    // Each owns the memory of what it gets.
    sinks.forEach((sink, i) => {
      this.#deliver(sink, method, i === 0 ? payload : payload.slice())
    })
  }

  #openedBy(params: Value | undefined): Sink | undefined {
    if (this.#byId.size === 0 || typeof params !== 'object' || params === null) return undefined
    const { subscription } = params as { readonly subscription?: Value }
    return typeof subscription === 'string' || typeof subscription === 'number'
      ? this.#byId.get(subscription)
      : undefined
  }

  #deliver(sink: Sink, topic: string, payload: Uint8Array): void {
    if (sink.deliver({ topic, payload })) return
    this.#holding.add(sink)
    this.#flow.pause()
  }

  #subscription(sink: Sink, remove: () => Promise<void>): AdapterSubscription {
    return {
      resume: () => this.#letGo(sink),
      close: async () => {
        this.#letGo(sink)
        await remove()
      },
    }
  }

  #letGo(sink: Sink): void {
    if (this.#holding.delete(sink) && this.#holding.size === 0) this.#flow.resume()
  }
}

function payloadOf(value: Value | undefined): Uint8Array {
  return value === undefined ? Buffer.from(NULL) : Buffer.from(JSON.stringify(value))
}
