import { Buffer } from 'node:buffer'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../../../core/adapter.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { TopicTrie } from '../../../core/topic-trie.js'
import type { Value } from '../../../core/value.js'
import { HeldSubscriber } from './held-subscriber.js'

type Sink = MessageSink<InboundMessage>

/** Holds the socket back, and lets it go again. */
export interface Flow {
  pause(): void
  resume(): void
}

const NULL = Buffer.from('null')
/** The share of the actor's memory that may wait for subscribers without room before nothing more is read. */
const BUDGET_SHARE = 1 / 8

/**
 * Who gets the notifications of a connection: subscribers of methods by pattern, and those of a subscription that a
 * call has opened, whose notifications name it (`params: { subscription, result }`). What comes for a subscriber
 * without room is kept for it, so that answers and other subscribers do not wait; only when too much is kept is
 * nothing read, because there is one stream for all.
 */
export class Subscribers {
  readonly #byMethod = new TopicTrie<HeldSubscriber>()
  readonly #byId = new Map<number | string, HeldSubscriber>()
  readonly #all = new Set<HeldSubscriber>()
  readonly #budget: ByteBudget
  readonly #flow: Flow
  readonly #unclaimed: (method: string) => void
  #kept = 0
  #isPaused = false
  #awaitsRoom = false
  #isOver = false

  /** @param unclaimed called for a notification that nobody has subscribed to, which is dropped */
  constructor(budget: ByteBudget, flow: Flow, unclaimed: (method: string) => void) {
    this.#budget = budget
    this.#flow = flow
    this.#unclaimed = unclaimed
  }

  /** @returns what ends it. */
  add(pattern: string, sink: Sink): AdapterSubscription {
    const subscriber = this.#make(sink)
    const remove = this.#byMethod.add(pattern, subscriber)
    return this.#subscription(subscriber, async () => remove())
  }

  /** @param end tells the server, never throws */
  addOpened(id: number | string, sink: Sink, end: () => Promise<void>): AdapterSubscription {
    const subscriber = this.#make(sink)
    this.#byId.set(id, subscriber)
    return this.#subscription(subscriber, async () => {
      if (this.#byId.get(id) !== subscriber) return
      this.#byId.delete(id)
      await end()
    })
  }

  notified(method: string, params: Value | undefined): void {
    const opened = this.#openedBy(params)
    if (opened !== undefined) {
      const { result } = params as { readonly result?: Value }
      return opened.deliver({ topic: method, payload: payloadOf(result) })
    }
    const subscribers = this.#byMethod.match(method)
    if (subscribers.length === 0) return this.#unclaimed(method)
    const payload = payloadOf(params)
    // Each owns the memory of what it gets.
    subscribers.forEach((subscriber, i) => {
      subscriber.deliver({ topic: method, payload: i === 0 ? payload : payload.slice() })
    })
  }

  /** The connection is gone: what was kept is delivered, and what the server sends until the next one is lost. */
  lost(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const subscriber of this.#all) subscriber.lost(reason)
    this.#all.clear()
  }

  /** We end the connection: nothing is delivered any more. */
  end(): void {
    this.#isOver = true
    for (const subscriber of this.#all) subscriber.drop()
    this.#all.clear()
  }

  #openedBy(params: Value | undefined): HeldSubscriber | undefined {
    if (this.#byId.size === 0 || typeof params !== 'object' || params === null) return undefined
    const { subscription } = params as { readonly subscription?: Value }
    return typeof subscription === 'string' || typeof subscription === 'number'
      ? this.#byId.get(subscription)
      : undefined
  }

  #make(sink: Sink): HeldSubscriber {
    const subscriber = new HeldSubscriber(sink, (bytes) => this.#keep(bytes))
    this.#all.add(subscriber)
    return subscriber
  }

  /** @param bytes that are kept more than before; negative: less */
  #keep(bytes: number): void {
    this.#kept += bytes
    if (bytes > 0) this.#budget.take(bytes)
    else this.#budget.give(-bytes)
    this.#regulate()
  }

  #regulate(): void {
    if (this.#isOver) return
    const most = this.#budget.limit * BUDGET_SHARE
    const isFull = this.#kept > 0 && (this.#kept >= most || this.#budget.isFull)
    if (isFull && !this.#isPaused) {
      this.#isPaused = true
      this.#flow.pause()
    } else if (this.#isPaused && this.#kept <= most / 2 && !isFull) {
      this.#isPaused = false
      this.#flow.resume()
    }
    // Others may give back what made it full.
    if (!this.#isPaused || this.#awaitsRoom || !this.#budget.isFull) return
    this.#awaitsRoom = true
    this.#budget.whenRoom(() => {
      this.#awaitsRoom = false
      this.#regulate()
    })
  }

  #subscription(subscriber: HeldSubscriber, remove: () => Promise<void>): AdapterSubscription {
    return {
      resume: () => subscriber.resume(),
      close: async () => {
        this.#all.delete(subscriber)
        subscriber.drop()
        await remove()
      },
    }
  }
}

function payloadOf(value: Value | undefined): Uint8Array {
  return value === undefined ? Buffer.from(NULL) : Buffer.from(JSON.stringify(value))
}
