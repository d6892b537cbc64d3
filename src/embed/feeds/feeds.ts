import { MailboxFullError } from '../../core/errors/limits.js'
import { LIMITS } from '../protocol.js'
import { INVALID_PARAMS, ProtocolFault } from '../wire-error.js'
import type { ConsumerFeed } from './consumer-feed.js'
import type { DataFeed } from './data-feed.js'
import type { SubscriptionFeed } from './subscription-feed.js'

type Feed = SubscriptionFeed | DataFeed | ConsumerFeed

/** The open subscriptions and consumers of a session, by their numbers. */
export class Feeds {
  /** `undefined` while a source is being opened. */
  readonly #feeds = new Map<number, Feed | undefined>()
  #last = 0

  /** Reserves a number. @throws MailboxFullError if there are too many */
  reserve(): number {
    if (this.#feeds.size >= LIMITS.sources)
      throw new MailboxFullError(`more than ${LIMITS.sources} subscriptions and consumers are open`)
    this.#feeds.set(++this.#last, undefined)
    return this.#last
  }

  release(id: number): void {
    this.#feeds.delete(id)
  }

  /** Starts a feed. If its number was released, the client is gone, and the feed is closed at once. */
  start(id: number, feed: Feed): void {
    if (!this.#feeds.has(id)) {
      void feed.close()
      return
    }
    this.#feeds.set(id, feed)
    void feed.run().then(() => this.#feeds.delete(id))
  }

  /** @throws ProtocolFault if there is no subscription of that number */
  credit(id: number, messages: number): void {
    const feed = this.#feeds.get(id)
    if (feed?.kind !== 'subscription')
      throw new ProtocolFault(INVALID_PARAMS, `credit: there is no subscription ${id}`)
    feed.give(messages)
  }

  /** Closes a feed. @returns false if there is none of that number and kind */
  async close(kind: Feed['kind'], id: number): Promise<boolean> {
    const feed = this.#feeds.get(id)
    if (feed?.kind !== kind) return false
    this.#feeds.delete(id)
    await feed.close()
    return true
  }

  /** Tells the client that everything has ended, because the gateway has stopped. */
  endAll(): void {
    for (const feed of this.#feeds.values()) feed?.end()
    this.#feeds.clear()
  }

  /** Closes everything. Never rejects. */
  closeAll(): void {
    const open = [...this.#feeds.values()]
    this.#feeds.clear()
    for (const feed of open) void feed?.close()
  }
}
