import type { Clock } from '../core/clock.js'
import type { RateLimitSettings } from '../core/settings.js'
import {
  type BucketSettings,
  fullBucket,
  refilled,
  type TokenBucket,
  timeUntil,
  withdrawn,
} from './token-bucket.js'

/** Lets so many requests through in a time, with bursts as large as configured. */
export class RateLimiter {
  readonly #clock: Clock
  readonly #settings: BucketSettings
  #bucket: TokenBucket

  constructor({ requests, perMs, burst }: RateLimitSettings, clock: Clock) {
    this.#clock = clock
    this.#settings = { capacity: burst, tokensPerMs: requests / perMs }
    this.#bucket = fullBucket(this.#settings, clock.monotonic())
  }

  /** Whether one more request may be made now; it counts then. */
  admit(): boolean {
    this.#bucket = refilled(this.#bucket, this.#settings, this.#clock.monotonic())
    const after = withdrawn(this.#bucket)
    if (after !== undefined) this.#bucket = after
    return after !== undefined
  }

  /** Milliseconds until a request may be made that has `ahead` others before it. */
  wait(ahead: number): number {
    return timeUntil(
      refilled(this.#bucket, this.#settings, this.#clock.monotonic()),
      this.#settings,
      ahead + 1,
    )
  }
}
