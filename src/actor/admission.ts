import type { Clock, Timer } from '../core/clock.js'
import { MailboxFullError, RateLimitedError } from '../core/errors/limits.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { BulkheadSettings, RateLimitSettings } from '../core/settings/limits.js'
import { traitsOf } from '../mailbox/verbs.js'
import { RateLimiter } from '../resilience/rate-limiter.js'
import type { Operation } from './operation.js'

/** Makes the rate limit and the bulkhead of an integration; `undefined` if neither is configured. */
export function admissionFor(settings: IntegrationSettings, clock: Clock): Admission | undefined {
  const { rateLimit, bulkhead } = settings
  return rateLimit === undefined && bulkhead === undefined
    ? undefined
    : new Admission(rateLimit, bulkhead, clock)
}

/**
 * Decides when an attempt may begin, by the bulkhead (how many at once) and the rate limit (how many in a period). An
 * operation that must wait does so in order of arrival; it is refused if the queue is full or its deadline too near.
 */
export class Admission {
  readonly #clock: Clock
  readonly #bulkhead: BulkheadSettings
  readonly #limiter: RateLimiter | undefined
  readonly #excess: RateLimitSettings['excess']
  /** The operations whose attempts are in flight. */
  readonly #inside = new Set<Operation>()
  /** The operations that wait, in order of arrival, and how they begin. */
  readonly #queue = new Map<Operation, () => void>()
  #timer: Timer | undefined
  #admitting = false

  constructor(rateLimit: RateLimitSettings | undefined, bulkhead: BulkheadSettings = OPEN, clock: Clock) {
    this.#clock = clock
    this.#bulkhead = bulkhead
    this.#limiter = rateLimit && new RateLimiter(rateLimit, clock)
    this.#excess = rateLimit?.excess ?? 'wait'
  }

  /**
   * Calls `go` when an attempt of the operation may begin: now or later, unless `leave` is called before.
   * @throws MailboxFullError, RateLimitedError
   */
  enter(operation: Operation, go: () => void): void {
    if (!traitsOf(operation.request.verb).isLimited) return go()
    if (this.#queue.size === 0 && this.#mayBegin()) {
      this.#inside.add(operation)
      return go()
    }
    this.#refuseExcess(operation)
    operation.state = { kind: 'queued' }
    this.#queue.set(operation, go)
    this.#arm()
  }

  /** Removes an operation whose attempt has ended or that no longer waits. Idempotent. */
  leave(operation: Operation): void {
    if (this.#queue.delete(operation)) return
    if (this.#inside.delete(operation)) this.#admit()
  }

  /** Removes all waiting operations without beginning them. */
  stop(): void {
    this.#timer?.cancel()
    this.#queue.clear()
  }

  get #hasRoom(): boolean {
    return this.#inside.size < this.#bulkhead.concurrent
  }

  #mayBegin(): boolean {
    return this.#hasRoom && (this.#limiter === undefined || this.#limiter.admit())
  }

  #refuseExcess(operation: Operation): void {
    const { concurrent, queue } = this.#bulkhead
    if (!this.#hasRoom && this.#queue.size >= queue)
      throw new MailboxFullError(
        `the bulkhead is full: bulkhead.concurrent (${concurrent}) in flight and bulkhead.queue (${queue}) waiting`,
      )
    const waitMs = this.#limiter?.wait(this.#queue.size) ?? 0
    if (waitMs > 0 && (this.#excess === 'fail' || this.#clock.monotonic() + waitMs >= operation.end))
      throw new RateLimitedError(waitMs)
  }

  /**
   * Begins waiting operations while there is room. An operation that ends synchronously frees its place for the next.
   */
  #admit(): void {
    if (this.#admitting) return
    this.#admitting = true
    for (const [operation, go] of this.#queue) {
      if (!this.#mayBegin()) break
      this.#queue.delete(operation)
      this.#inside.add(operation)
      go()
    }
    this.#admitting = false
    this.#arm()
  }

  /** Sets a timer for the first waiting operation if only the rate limit holds it back. */
  #arm(): void {
    if (this.#timer !== undefined || this.#limiter === undefined) return
    if (this.#queue.size === 0 || !this.#hasRoom) return
    const task = () => {
      this.#timer = undefined
      this.#admit()
    }
    this.#timer = this.#clock.setTimer(Math.ceil(this.#limiter.wait(0)), task, { background: true })
  }
}

const OPEN: BulkheadSettings = { concurrent: Number.POSITIVE_INFINITY, queue: Number.POSITIVE_INFINITY }
