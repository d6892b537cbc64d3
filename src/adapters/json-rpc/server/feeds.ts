import { Buffer } from 'node:buffer'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import { RpcError } from '../../../core/errors/rpc.js'
import {
  DROPPED_HEADER,
  ENDED_HEADER,
  type FeedName,
  type FeedRequest,
  feedKey,
} from '../../../core/internal-methods.js'
import type { Headers } from '../../../core/value.js'

/** A subscriber of a feed. Its methods must not throw. */
export interface FeedReader {
  /** Receives a message, encoded as JSON. */
  deliver(message: Uint8Array): void
  /** Reports messages that were dropped before they reached the server. */
  dropped(count: number): void
  /** Reports that nothing more is delivered. */
  ended(): void
}

interface Feed {
  readonly name: FeedName
  readonly readers: Set<FeedReader>
  readonly opened: Promise<RpcOutcome>
  /** The newest message of a `data` block, for readers that come later. */
  newest: Uint8Array | undefined
}

/** The feeds that the host thread sends. The first subscriber of a name opens its feed, and the last one closes it. */
export class Feeds {
  readonly #ask: (request: FeedRequest) => Promise<RpcOutcome> | undefined
  readonly #feeds = new Map<string, Feed>()

  /** @param ask asks the host thread; its answer is `undefined` while nothing is exposed */
  constructor(ask: (request: FeedRequest) => Promise<RpcOutcome> | undefined) {
    this.#ask = ask
  }

  /** Subscribes a reader. @returns the outcome of the host, which refuses what is not exposed */
  async subscribe(name: FeedName, reader: FeedReader): Promise<RpcOutcome> {
    const key = feedKey(name)
    let feed = this.#feeds.get(key)
    if (feed === undefined) {
      const opened = this.#ask({ op: 'open', feed: name }) ?? Promise.resolve(NOTHING_EXPOSED)
      feed = { name, readers: new Set(), opened, newest: undefined }
      this.#feeds.set(key, feed)
    }
    feed.readers.add(reader)
    const outcome = await feed.opened
    if (!outcome.ok) this.#forget(key, feed)
    else if (feed.newest !== undefined && feed.readers.has(reader)) reader.deliver(feed.newest)
    return outcome
  }

  unsubscribe(name: FeedName, reader: FeedReader): void {
    const key = feedKey(name)
    const feed = this.#feeds.get(key)
    if (feed === undefined || !feed.readers.delete(reader) || feed.readers.size > 0) return
    this.#forget(key, feed)
    void this.#ask({ op: 'close', feed: name })
  }

  /** Passes a message of the host thread on. */
  publish(key: string, payload: Uint8Array, headers: Headers = {}): void {
    const feed = this.#feeds.get(key)
    if (feed === undefined) return
    if (headers[ENDED_HEADER] !== undefined) {
      this.#forget(key, feed)
      for (const reader of feed.readers) reader.ended()
      return
    }
    const dropped = Number(headers[DROPPED_HEADER] ?? 0)
    // The memory of the payload is used again.
    const message = Buffer.from(payload)
    if (feed.name.kind === 'data') feed.newest = message
    for (const reader of feed.readers) {
      if (dropped > 0) reader.dropped(dropped)
      reader.deliver(message)
    }
  }

  #forget(key: string, feed: Feed): void {
    if (this.#feeds.get(key) === feed) this.#feeds.delete(key)
  }
}

const NOTHING_EXPOSED: RpcOutcome = {
  ok: false,
  error: new RpcError(-32_602, 'this server exposes nothing'),
}
