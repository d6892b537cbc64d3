import type { Connection } from './connection.js'
import { nanos } from './jetstream.js'

/** A pull request ends after this time at the server, and another is made. */
const EXPIRES_MS = 30_000
/**
 * Meanwhile the server gives a sign of life as often. At each it also drops the requests of clients that have gone;
 * servers before 2.10.22 mishandle a redelivery that meets only such requests, so this is shorter than `ack_wait`.
 */
const HEARTBEAT_MS = 2_000
const SHORTEST_HEARTBEAT_MS = 100
const HEARTBEATS_PER_ACK_WAIT = 2.5
/** The server refuses a request with fewer than two heartbeats. */
const HEARTBEATS = 3

/** What a consumer allows in one pull request; 0 where it sets no limit. */
export interface PullLimits {
  /** After so many milliseconds the server gives an unsettled message to somebody else. */
  readonly ackWaitMs: number
  readonly maxBatch: number
  readonly maxExpiresMs: number
}

/** The pull requests of one consumer that the server has, and how many messages each may still bring. */
export class PullRequests {
  readonly #connection: Connection
  readonly #inbox: string
  readonly #left = new Map<number, number>()
  #last = 0
  #asked = 0

  /** @param inbox where the answers go: each request has a subject below it */
  constructor(connection: Connection, inbox: string) {
    this.#connection = connection
    this.#inbox = inbox
  }

  /** Messages that the server has been asked for. */
  get asked(): number {
    return this.#asked
  }

  /** Asks for `count` messages. @param subject where the pull requests of the consumer go */
  send(subject: string, count: number, { maxBatch, maxExpiresMs, ackWaitMs }: PullLimits): void {
    const expiresMs = maxExpiresMs > 0 ? Math.min(EXPIRES_MS, maxExpiresMs) : EXPIRES_MS
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

  /** A message has come: of the oldest request, which the server serves first. */
  brought(): void {
    this.#asked = Math.max(0, this.#asked - 1)
    for (const [number, left] of this.#left) {
      if (left > 1) this.#left.set(number, left - 1)
      else this.#left.delete(number)
      return
    }
  }

  /**
   * A request has ended.
   * @param subject its own, which the status came to
   * @param pending the messages that it did not bring, as the server says
   */
  ended(subject: string, pending: string | undefined): void {
    const number = Number(subject.slice(this.#inbox.length + 1))
    const told = Number(pending ?? Number.NaN)
    const left = told >= 0 ? told : (this.#left.get(number) ?? 0)
    this.#left.delete(number)
    this.#asked = Math.max(0, this.#asked - left)
  }

  /** The server has none of them any more. */
  clear(): void {
    this.#asked = 0
    this.#left.clear()
  }
}
