import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import { RpcError } from '../../../core/errors/rpc.js'
import { type FeedName, feedKey } from '../../../core/internal-methods.js'
import type { Value } from '../../../core/value.js'
import type { Feeds } from './feeds.js'
import { SocketSubscription, type SubscriptionPort } from './subscription.js'

export const SUBSCRIBE = 'subscribe'
const UNSUBSCRIBE = 'unsubscribe'
const INVALID_PARAMS = -32_602
/** How many subscriptions of one name a connection may have: each gets a copy of every message. */
const MOST_OF_ONE_NAME = 4
/** As `limitExceeded`. */
const LIMIT_EXCEEDED = -32_005

export interface SubscriptionSettings {
  /** Maximum number of subscriptions of one caller. */
  readonly most: number
}

/** The built-in methods of one message of a caller. */
export interface BuiltInCalls {
  has(method: string): boolean
  call(method: string, params: Value | undefined): Promise<RpcOutcome>
}

/** The subscriptions of one WebSocket, and the methods that open and end them. */
export class Subscriptions {
  readonly #settings: SubscriptionSettings
  readonly #feeds: Feeds
  readonly #port: SubscriptionPort
  readonly #open = new Map<string, SocketSubscription>()
  #lastId = 0
  #isClosed = false

  constructor(settings: SubscriptionSettings, feeds: Feeds, port: SubscriptionPort) {
    this.#settings = settings
    this.#feeds = feeds
    this.#port = port
  }

  /**
   * The built-in methods for one message. Subscriptions that it opens begin to send when `answered` is called, so that
   * the caller has their ids first.
   */
  forMessage(): BuiltInCalls & { answered(): void } {
    const opened: SocketSubscription[] = []
    return {
      has: (method) => method === SUBSCRIBE || method === UNSUBSCRIBE,
      call: async (method, params) =>
        method === SUBSCRIBE ? this.#subscribe(params, opened) : this.#unsubscribe(params),
      answered: () => {
        for (const subscription of opened) subscription.ready()
      },
    }
  }

  /** Sends what waits, while the socket has room. Subscriptions take turns in who is first. */
  pump(): void {
    for (const [id, subscription] of this.#open) {
      if (!this.#port.hasRoom) return
      subscription.pump()
      if (this.#port.hasRoom || !this.#open.delete(id)) continue
      this.#open.set(id, subscription)
      return
    }
  }

  /** Ends all subscriptions, now and later. */
  close(): void {
    this.#isClosed = true
    this.endAll()
  }

  /** Ends the subscriptions that are open now. */
  endAll(): void {
    for (const subscription of [...this.#open.values()]) this.#end(subscription)
  }

  async #subscribe(params: Value | undefined, opened: SocketSubscription[]): Promise<RpcOutcome> {
    const name = nameIn(params)
    if (name === undefined)
      return failure(INVALID_PARAMS, 'expected { "data": NAME } or { "topic": NAME } as the parameters')
    const { most } = this.#settings
    if (this.#open.size >= most)
      return failure(LIMIT_EXCEEDED, `the connection has ${most} subscriptions, which is "max_subscriptions"`)
    const key = feedKey(name)
    const same = [...this.#open.values()].filter(({ feed }) => feedKey(feed.name) === key)
    if (same.length >= MOST_OF_ONE_NAME)
      return failure(LIMIT_EXCEEDED, `the connection has ${MOST_OF_ONE_NAME} subscriptions of this name`)
    const id = String(++this.#lastId)
    const feed = this.#feeds.open(name)
    const subscription = new SocketSubscription(id, feed, this.#port, () => this.#end(subscription))
    this.#open.set(id, subscription)
    const outcome = await feed.opened
    if (!outcome.ok) {
      this.#end(subscription)
      return outcome
    }
    // It was ended meanwhile.
    if (this.#isClosed || !this.#open.has(id)) this.#end(subscription)
    opened.push(subscription)
    return { ok: true, value: id }
  }

  #unsubscribe(params: Value | undefined): RpcOutcome {
    const id = idIn(params)
    if (id === undefined)
      return failure(INVALID_PARAMS, 'expected { "subscription": ID } or [ID] as the parameters')
    const subscription = this.#open.get(id)
    if (subscription !== undefined) this.#end(subscription)
    return { ok: true, value: subscription !== undefined }
  }

  #end(subscription: SocketSubscription): void {
    this.#open.delete(subscription.id)
    this.#feeds.leave(subscription.feed, subscription)
    subscription.close()
  }
}

function nameIn(params: Value | undefined): FeedName | undefined {
  if (typeof params !== 'object' || params === null) return undefined
  const { data, topic } = params as { readonly data?: Value; readonly topic?: Value }
  if (typeof data === 'string' && topic === undefined) return { kind: 'data', name: data }
  if (typeof topic === 'string' && data === undefined) return { kind: 'topic', name: topic }
  return undefined
}

function idIn(params: Value | undefined): string | undefined {
  const { subscription } = Object(params) as { readonly subscription?: Value }
  const id = Array.isArray(params) ? params[0] : subscription
  return typeof id === 'string' ? id : undefined
}

function failure(code: number, message: string): RpcOutcome {
  return { ok: false, error: new RpcError(code, message) }
}
