import { Buffer } from 'node:buffer'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../../../core/adapter/inbound.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { RoomWait } from '../../../core/room-wait.js'
import { TopicTrie } from '../../../core/topic-trie.js'
import type { Value } from '../../../core/value.js'
import { BufferedSubscriber } from './buffered-subscriber.js'
import type { Flow } from './socket-reading.js'

type Sink = MessageSink<InboundMessage>

const NULL = Buffer.from('null')
/** Share of the actor's memory that buffered notifications may take before reading pauses. */
const BUDGET_SHARE = 1 / 8

/**
 * Delivers the notifications of a connection: by method pattern, and by id for subscriptions opened by a call
 * (`params: { subscription, result }`). Notifications for a subscriber without room are buffered, so that answers
 * and other subscribers do not wait; reading pauses when too much is buffered.
 */
export class Subscribers {
  readonly #byMethod = new TopicTrie<BufferedSubscriber>()
  readonly #byId = new Map<number | string, BufferedSubscriber>()
  readonly #all = new Set<BufferedSubscriber>()
  readonly #budget: ByteBudget
  readonly #flow: Flow
  readonly #unclaimed: (method: string) => void
  readonly #roomWait = new RoomWait(() => this.#regulate())
  #buffered = 0
  #isPaused = false
  #isOver = false

  /** @param unclaimed called for a notification without a subscriber, which is dropped */
  constructor(budget: ByteBudget, flow: Flow, unclaimed: (method: string) => void) {
    this.#budget = budget
    this.#flow = flow
    this.#unclaimed = unclaimed
  }

  /** Subscribes to methods that match a pattern. @returns the subscription, whose `close` ends it */
  add(pattern: string, sink: Sink): AdapterSubscription {
    const subscriber = this.#make(sink)
    const remove = this.#byMethod.add(pattern, subscriber)
    return this.#subscription(subscriber, async () => remove())
  }

  /**
   * Subscribes to the notifications of a subscription that the server has opened.
   * @param end ends it at the server; never throws
   */
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
    // Each subscriber gets its own copy.
    subscribers.forEach((subscriber, i) => {
      subscriber.deliver({ topic: method, payload: i === 0 ? payload : payload.slice() })
    })
  }

  /**
   * Delivers buffered notifications when the connection is lost. What the server sends before the next connection
   * is lost.
   */
  lost(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const subscriber of this.#all) subscriber.lost(reason)
    this.#all.clear()
  }

  /** Stops all deliveries when we close the connection. */
  end(): void {
    this.#isOver = true
    for (const subscriber of this.#all) subscriber.drop()
    this.#all.clear()
  }

  #openedBy(params: Value | undefined): BufferedSubscriber | undefined {
    if (this.#byId.size === 0 || typeof params !== 'object' || params === null) return undefined
    const { subscription } = params as { readonly subscription?: Value }
    return typeof subscription === 'string' || typeof subscription === 'number'
      ? this.#byId.get(subscription)
      : undefined
  }

  #make(sink: Sink): BufferedSubscriber {
    const subscriber = new BufferedSubscriber(sink, (bytes) => this.#count(bytes))
    this.#all.add(subscriber)
    return subscriber
  }

  /** Counts buffered bytes. @param bytes change of the buffered bytes; may be negative */
  #count(bytes: number): void {
    this.#buffered += bytes
    if (bytes > 0) this.#budget.take(bytes)
    else this.#budget.give(-bytes)
    this.#regulate()
  }

  #regulate(): void {
    if (this.#isOver) return
    const most = this.#budget.limit * BUDGET_SHARE
    const isFull = this.#buffered > 0 && (this.#buffered >= most || this.#budget.isFull)
    if (isFull && !this.#isPaused) {
      this.#isPaused = true
      this.#flow.pause()
    } else if (this.#isPaused && this.#buffered <= most / 2 && !isFull) {
      this.#isPaused = false
      this.#flow.resume()
    }
    // The budget may be full because of others: check again when they release memory.
    if (this.#isPaused && this.#budget.isFull) this.#roomWait.start(this.#budget)
  }

  #subscription(subscriber: BufferedSubscriber, remove: () => Promise<void>): AdapterSubscription {
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
