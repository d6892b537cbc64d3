import { Buffer } from 'node:buffer'
import type { Feed } from './feed.js'
import type { FeedReader } from './feed-pump.js'

/** The socket of a subscription, as it sees it. */
export interface SubscriptionPort {
  /** Whether the socket takes another notification now. */
  readonly hasRoom: boolean
  /** Sends a notification. */
  notify(bytes: Uint8Array): void
}

/**
 * One subscription of a WebSocket. While the socket does not read, the newest value of a `data` block waits in the feed, or
 * a bounded number of messages of a topic; those that were dropped meanwhile are counted.
 */
export class SocketSubscription implements FeedReader {
  readonly id: string
  readonly feed: Feed
  readonly #port: SubscriptionPort
  readonly #onEnd: () => void
  /** The number of the next message that it sends. */
  #next: number
  /** What the feed had lost when it was opened. */
  readonly #lostBefore: number
  #skipped = 0
  #isReady = false

  /** @param onEnd called when the feed has ended and the subscriber has been told */
  constructor(id: string, feed: Feed, port: SubscriptionPort, onEnd: () => void) {
    this.id = id
    this.feed = feed
    this.#port = port
    this.#onEnd = onEnd
    this.#next = feed.name.kind === 'data' ? feed.first : feed.next
    this.#lostBefore = feed.lost
    feed.add(this)
  }

  /** Begins to send: the caller has the id of the subscription. */
  ready(): void {
    this.#isReady = true
    this.pump()
  }

  pump(): void {
    const { feed } = this
    if (!this.#isReady) return
    while (this.#next < feed.next && this.#port.hasRoom) {
      if (this.#next < feed.first) {
        this.#skipped += feed.first - this.#next
        this.#next = feed.first
      } else this.#port.notify(this.#notification(feed.at(this.#next++)))
    }
    if (this.#next < feed.next) return
    if (!feed.hasEnded) return feed.isRead(this)
    this.close()
    this.#port.notify(this.#notification(undefined))
    this.#onEnd()
  }

  /** Sends nothing more. */
  close(): void {
    this.#isReady = false
  }

  /** A value of a `data` block that a newer one replaces is not a loss. */
  get #dropped(): number {
    return this.feed.name.kind === 'data' ? 0 : this.#skipped + this.feed.lost - this.#lostBefore
  }

  /** Encodes a notification. @param message the JSON of its result; `undefined` at the end of the subscription */
  #notification(message: Uint8Array | undefined): Uint8Array {
    const head = `{"jsonrpc":"2.0","method":"subscription","params":{"subscription":"${this.id}"`
    const dropped = this.#dropped
    const tail = dropped > 0 ? `,"dropped":${dropped}}}` : '}}'
    if (message === undefined) return Buffer.from(`${head},"ended":true${tail}`)
    return Buffer.concat([Buffer.from(`${head},"result":`), message, Buffer.from(tail)])
  }
}
