import { RpcError } from '../core/errors/rpc.js'
import {
  DROPPED_HEADER,
  ENDED_HEADER,
  type FeedName,
  type FeedRequest,
  feedKey,
} from '../core/internal-methods.js'
import type { ExposeSettings } from '../core/settings/expose.js'
import type { Headers } from '../core/value.js'

/** JSON-RPC 2.0, section 5.1. */
const INVALID_PARAMS = -32_602
/** Messages of a feed that may be on their way to the server at the same time. */
const WINDOW = 64

/** A `data` block, as its feed reads it. */
export interface FeedData extends AsyncIterable<unknown> {
  readonly update: FeedUpdate | undefined
  readonly value: unknown
}

interface FeedUpdate {
  readonly source: string
  readonly timestamp: number
  /** Set if the last attempt failed: the value is the last good one. */
  readonly error?: unknown
}

/** A subscription, as its feed reads it. */
export interface FeedSubscription {
  readonly dropped: number
  recv(): Promise<FeedMessage | undefined>
  close(): Promise<void>
}

interface FeedMessage {
  readonly topic: string
  readonly value: unknown
  readonly headers: Headers
}

export interface FeedPorts {
  data(name: string): FeedData
  subscribe(integration: string, topic: string): Promise<FeedSubscription>
  /** Sends a message of a feed to the server. Resolves when the server has it. */
  send(key: string, value: unknown, headers: Headers): Promise<unknown>
}

interface Feed {
  isClosed: boolean
  close(): void
}

/** The `data` and topics that a server passes on to its subscribers. Each is read once, for all subscribers. */
export class Feeds {
  readonly #exposed: ExposeSettings
  readonly #ports: FeedPorts
  readonly #open = new Map<string, Feed>()

  constructor(exposed: ExposeSettings, ports: FeedPorts) {
    this.#exposed = exposed
    this.#ports = ports
  }

  /**
   * Opens or closes a feed. Resolves when it has been opened.
   * @throws RpcError if it is not exposed; what the subscription throws
   */
  async handle(request: FeedRequest): Promise<null> {
    if (request.op === 'reset') for (const key of [...this.#open.keys()]) this.#close(key)
    else if (request.op === 'close') this.#close(feedKey(request.feed))
    else await this.#start(request.feed)
    return null
  }

  async #start(name: FeedName): Promise<void> {
    const key = feedKey(name)
    if (this.#open.has(key)) return
    const feed: Feed = { isClosed: false, close: () => {} }
    if (name.kind === 'data') {
      if (!this.#exposed.data.includes(name.name)) throw notExposed(name)
      this.#open.set(key, feed)
      void this.#followData(key, feed, this.#ports.data(name.name))
      return
    }
    if (!Object.hasOwn(this.#exposed.topics, name.name)) throw notExposed(name)
    const { integration, topic } = this.#exposed.topics[name.name]!
    this.#open.set(key, feed)
    try {
      const subscription = await this.#ports.subscribe(integration, topic)
      feed.close = () => void subscription.close()
      if (feed.isClosed) feed.close()
      else void this.#followTopic(key, feed, subscription)
    } catch (error) {
      this.#forget(key, feed)
      throw error
    }
  }

  /** Sends the newest value whenever the server has received the one before. */
  async #followData(key: string, feed: Feed, data: FeedData): Promise<void> {
    const updates = data[Symbol.asyncIterator]()
    feed.close = () => void updates.return?.()
    let sent: FeedUpdate | undefined
    for (let next = await updates.next(); !next.done; next = await updates.next()) {
      const { update, value } = data
      if (feed.isClosed) return
      // Several updates were made while the last one was sent: this one is newer than those that follow.
      if (update === undefined || update === sent) continue
      sent = update
      const { source, timestamp, error } = update
      const result = { source, timestamp, value, ...(error !== undefined && { stale: true }) }
      await this.#ports.send(key, result, {}).catch(() => {})
    }
    this.#end(key, feed)
  }

  async #followTopic(key: string, feed: Feed, subscription: FeedSubscription): Promise<void> {
    let reported = 0
    let onWay = 0
    let wake = () => {}
    try {
      for (;;) {
        const message = await subscription.recv()
        if (message === undefined || feed.isClosed) return this.#end(key, feed)
        const { topic, value, headers } = message
        const { dropped } = subscription
        const more = dropped > reported && { [DROPPED_HEADER]: String(dropped - reported) }
        reported = dropped
        onWay++
        void this.#ports
          .send(key, { topic, payload: value ?? null, headers }, { ...more })
          .catch(() => {})
          .then(() => {
            onWay--
            wake()
          })
        if (onWay >= WINDOW)
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    } catch {
      this.#end(key, feed)
    }
  }

  /** Tells the server that a feed has ended by itself. */
  #end(key: string, feed: Feed): void {
    if (feed.isClosed) return
    this.#forget(key, feed)
    this.#ports.send(key, null, { [ENDED_HEADER]: 'true' }).catch(() => {})
  }

  #close(key: string): void {
    const feed = this.#open.get(key)
    if (feed === undefined) return
    this.#forget(key, feed)
    feed.close()
  }

  #forget(key: string, feed: Feed): void {
    feed.isClosed = true
    if (this.#open.get(key) === feed) this.#open.delete(key)
  }
}

function notExposed({ kind, name }: FeedName): RpcError {
  return new RpcError(INVALID_PARAMS, `the ${kind} ${JSON.stringify(name)} is not exposed`)
}
