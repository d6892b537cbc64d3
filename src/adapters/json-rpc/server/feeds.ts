import { Buffer } from 'node:buffer'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import type { Clock } from '../../../core/clock.js'
import { RpcError } from '../../../core/errors/rpc.js'
import {
  DROPPED_HEADER,
  ENDED_HEADER,
  type FeedName,
  type FeedRequest,
  feedKey,
} from '../../../core/internal-methods.js'
import { MemoryShare } from '../../../core/memory-share.js'
import type { Headers } from '../../../core/value.js'
import { Feed } from './feed.js'
import { FeedPump, type FeedReader } from './feed-pump.js'

/** The feeds that the host thread sends. The first subscriber of a name opens its feed, and the last one closes it. */
export class Feeds {
  readonly #ask: (request: FeedRequest) => Promise<RpcOutcome> | undefined
  readonly #feeds = new Map<string, Feed>()

  readonly #buffer: number
  readonly #budget: ByteBudget
  readonly #pump: FeedPump

  /**
   * @param ask asks the host thread; its answer is `undefined` while nothing is exposed
   * @param buffer how many messages of a topic wait for readers
   */
  constructor(
    ask: (request: FeedRequest) => Promise<RpcOutcome> | undefined,
    buffer: number,
    budget: ByteBudget,
    clock: Clock,
  ) {
    this.#ask = ask
    this.#buffer = buffer
    this.#budget = budget
    this.#pump = new FeedPump(clock)
  }

  /** Returns the feed of a name, and opens it for the first subscriber. `opened` tells whether the host refuses it. */
  open(name: FeedName): Feed {
    const key = feedKey(name)
    let feed = this.#feeds.get(key)
    if (feed === undefined) {
      const opened = this.#ask({ op: 'open', feed: name }) ?? Promise.resolve(NOTHING_EXPOSED)
      const made = new Feed(name, opened, this.#buffer, new MemoryShare(this.#budget), this.#pump)
      this.#feeds.set(key, made)
      void opened.then(({ ok }) => {
        if (!ok) this.#forget(key, made)
      })
      feed = made
    }
    return feed
  }

  /** Removes a reader of a feed. The last one closes it. */
  leave(feed: Feed, reader: FeedReader): void {
    const key = feedKey(feed.name)
    if (!feed.remove(reader) || !feed.isUnread || this.#feeds.get(key) !== feed) return
    this.#forget(key, feed)
    void this.#ask({ op: 'close', feed: feed.name })
  }

  /** Passes a message of the host thread on. */
  publish(key: string, payload: Uint8Array, headers: Headers = {}): void {
    const feed = this.#feeds.get(key)
    if (feed === undefined) return
    if (headers[ENDED_HEADER] !== undefined) {
      this.#forget(key, feed)
      return feed.end()
    }
    // The memory of the payload is used again.
    feed.publish(Buffer.from(payload), Number(headers[DROPPED_HEADER] ?? 0))
  }

  #forget(key: string, feed: Feed): void {
    if (this.#feeds.get(key) === feed) this.#feeds.delete(key)
  }
}

const NOTHING_EXPOSED: RpcOutcome = {
  ok: false,
  error: new RpcError(-32_602, 'this server exposes nothing'),
}
