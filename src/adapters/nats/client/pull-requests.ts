import type { Connection } from './connection.js'
import { nanos } from './jetstream.js'

/**
 * How long a pull request stays open at the server, in milliseconds. A server (seen: 2.9.10, after it was killed) may
 * leave an open request unserved, and deliver only for the next one.
 */
const EXPIRES_MS = 10_000
/**
 * As above, for the first request of a consumer. A server (seen: 2.9.10) may deliver a message that was stored while the
 * consumer was being created only with the next request.
 */
const FIRST_EXPIRES_MS = 1_000
/**
 * Interval of the server's heartbeats for an open request, in milliseconds. At each one the server drops requests of
 * clients that are gone; servers before 2.10.22 mishandle a redelivery that meets only such requests, so the interval
 * must be shorter than `ack_wait`.
 */
const HEARTBEAT_MS = 2_000
const SHORTEST_HEARTBEAT_MS = 100
const HEARTBEATS_PER_ACK_WAIT = 2.5
/** The expiry of a request in heartbeats. A server refuses fewer than two. */
const HEARTBEATS = 3

/**
 * How many requests may be open. A server holds a limited number for all clients of a consumer (`max_waiting`, often
 * 512), and refuses further ones.
 */
const MOST_OPEN = 8

/** A consumer's limits for one pull request; 0 means no limit. */
export interface PullLimits {
  /** How long the server waits for a settlement before it redelivers, in milliseconds. */
  readonly ackWaitMs: number
  readonly maxBatch: number
  readonly maxExpiresMs: number
}

/** The open pull requests of one consumer, and how many messages each may still deliver. */
export class PullRequests {
  readonly #connection: Connection
  readonly #inbox: string
  readonly #left = new Map<number, number>()
  #last = 0
  #asked = 0
  #isFirst = true

  /** @param inbox the prefix of the subjects for answers; each request has its own */
  constructor(connection: Connection, inbox: string) {
    this.#connection = connection
    this.#inbox = inbox
  }

  /** How many messages have been requested and not received. */
  get asked(): number {
    return this.#asked
  }

  /** Whether another request must wait until one of the open ones has been served or has ended. */
  get isFull(): boolean {
    return this.#left.size >= MOST_OPEN
  }

  /** Requests `count` messages. @param subject the subject for pull requests of the consumer */
  send(subject: string, count: number, { maxBatch, maxExpiresMs, ackWaitMs }: PullLimits): void {
    const longestMs = this.#isFirst ? FIRST_EXPIRES_MS : EXPIRES_MS
    const expiresMs = maxExpiresMs > 0 ? Math.min(longestMs, maxExpiresMs) : longestMs
    this.#isFirst = false
    const wantedMs = Math.max(SHORTEST_HEARTBEAT_MS, ackWaitMs / HEARTBEATS_PER_ACK_WAIT)
    const idleMs = Math.min(HEARTBEAT_MS, wantedMs, expiresMs / HEARTBEATS)
    const batch = maxBatch > 0 ? Math.min(count, maxBatch) : count
    const number = ++this.#last
    this.#left.set(number, batch)
    this.#asked += batch
    const body = { batch, expires: nanos(expiresMs), idle_heartbeat: nanos(idleMs) }
    const payload = Buffer.from(JSON.stringify(body))
    this.#connection.writer.publish(subject, `${this.#inbox}.${number}`, undefined, payload)
  }

  /** Counts a received message towards the oldest request, which the server serves first. */
  received(): void {
    for (const [number, left] of this.#left) {
      if (left > 1) this.#left.set(number, left - 1)
      else this.#left.delete(number)
      break
    }
    this.#notAsked(1)
  }

  /**
   * Removes a request that has ended.
   * @param subject the request's reply subject, on which the status arrived
   * @param pending how many of its messages the server did not deliver, as the server states
   */
  ended(subject: string, pending: string | undefined): void {
    const number = Number(subject.slice(this.#inbox.length + 1))
    const undelivered = Number(pending ?? Number.NaN)
    const left = undelivered >= 0 ? undelivered : (this.#left.get(number) ?? 0)
    this.#left.delete(number)
    this.#notAsked(left)
  }

  /** Removes all requests. The consumer may be created again. */
  clear(): void {
    this.#isFirst = true
    this.#asked = 0
    this.#left.clear()
  }

  #notAsked(count: number): void {
    this.#asked = Math.max(0, this.#asked - count)
    // A server may serve requests in another order than was assumed: what is left of each is an estimate.
    if (this.#asked === 0) this.#left.clear()
  }
}
