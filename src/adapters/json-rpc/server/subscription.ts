import { Buffer } from 'node:buffer'
import { Deque } from '../../../core/deque.js'
import type { FeedName } from '../../../core/internal-methods.js'
import type { FeedReader } from './feeds.js'

/** The socket of a subscription, as it sees it. */
export interface SubscriptionPort {
  /** Whether the socket takes another notification now. */
  readonly hasRoom: boolean
  /** Counts bytes that wait. @returns false if the caller may not hold as many */
  tryHold(bytes: number): boolean
  release(bytes: number): void
  /** Sends a notification. */
  notify(bytes: Uint8Array): void
}

/**
 * One subscription of a WebSocket. While the socket does not read, the newest value of a `data` block waits, or a
 * bounded number of messages of a topic, of which the oldest are dropped and counted.
 */
export class SocketSubscription implements FeedReader {
  readonly id: string
  readonly name: FeedName
  readonly #most: number
  readonly #port: SubscriptionPort
  readonly #onEnd: () => void
  readonly #waiting = new Deque<Uint8Array>()
  #dropped = 0
  #isReady = false
  #hasEnded = false

  /**
   * @param most messages that may wait
   * @param onEnd called when the feed has ended and the subscriber has been told
   */
  constructor(id: string, name: FeedName, most: number, port: SubscriptionPort, onEnd: () => void) {
    this.id = id
    this.name = name
    this.#most = name.kind === 'data' ? 1 : most
    this.#port = port
    this.#onEnd = onEnd
  }

  /** Begins to send: the caller has the id of the subscription. */
  ready(): void {
    this.#isReady = true
    this.pump()
  }

  deliver(message: Uint8Array): void {
    while (this.#waiting.size >= this.#most) this.#drop()
    while (!this.#port.tryHold(message.length)) {
      if (this.#waiting.size === 0) {
        this.#count(1)
        return
      }
      this.#drop()
    }
    this.#waiting.push(message)
    this.pump()
  }

  dropped(count: number): void {
    this.#count(count)
  }

  ended(): void {
    this.#hasEnded = true
    this.pump()
  }

  /** Sends what waits, while the socket has room. */
  pump(): void {
    if (!this.#isReady) return
    while (this.#port.hasRoom) {
      const message = this.#waiting.shift()
      if (message === undefined) break
      this.#port.release(message.length)
      this.#port.notify(this.#notification(message))
    }
    if (!this.#hasEnded || this.#waiting.size > 0) return
    this.#hasEnded = false
    this.#port.notify(this.#notification(undefined))
    this.#onEnd()
  }

  /** Forgets what waits. */
  close(): void {
    for (const message of this.#waiting) this.#port.release(message.length)
    this.#waiting.clear()
    this.#isReady = false
  }

  #drop(): void {
    this.#port.release(this.#waiting.shift()!.length)
    this.#count(1)
  }

  /** A value of a `data` block that a newer one replaces is not a loss. */
  #count(messages: number): void {
    if (this.name.kind === 'topic') this.#dropped += messages
  }

  /** Encodes a notification. @param message the JSON of its result; `undefined` at the end of the subscription */
  #notification(message: Uint8Array | undefined): Uint8Array {
    const head = `{"jsonrpc":"2.0","method":"subscription","params":{"subscription":"${this.id}"`
    const tail = this.#dropped > 0 ? `,"dropped":${this.#dropped}}}` : '}}'
    if (message === undefined) return Buffer.from(`${head},"ended":true${tail}`)
    return Buffer.concat([Buffer.from(`${head},"result":`), message, Buffer.from(tail)])
  }
}
