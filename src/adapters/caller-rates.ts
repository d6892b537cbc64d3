import type { Clock } from '../core/clock.js'
import type { CallerRateSettings } from '../core/settings/limits.js'
import {
  type BucketSettings,
  fullBucket,
  refilled,
  type TokenBucket,
  timeUntil,
} from '../core/token-bucket.js'

/** Maximum number of callers whose rate is remembered. */
const MOST_CALLERS = 10_000

/** What a caller may still do, for the `RateLimit` header fields. */
export interface Allowance {
  readonly isAdmitted: boolean
  /** Requests that may be made now. */
  readonly remaining: number
  /** Milliseconds until the next request may be made; 0 if one may be made now. */
  readonly waitMs: number
  /** Milliseconds until the caller has its whole burst again. */
  readonly resetMs: number
}

/**
 * Limits the rate of requests of each caller with token buckets. Callers are named by their identity, or by their
 * address. A batch counts as its requests: it is admitted whole if one request is, and later requests wait for it.
 */
export class CallerRates {
  readonly #settings: BucketSettings
  readonly #clock: Clock
  /** The tokens of a bucket are the requests that may be made now. They are negative after a large batch. */
  readonly #buckets = new Map<string, TokenBucket>()
  readonly #most: number

  constructor({ requests, perMs, burst }: CallerRateSettings, clock: Clock, most = MOST_CALLERS) {
    this.#settings = { capacity: burst, tokensPerMs: requests / perMs }
    this.#clock = clock
    this.#most = most
  }

  /** Counts requests of a caller if it may make one now. */
  admit(caller: string, requests = 1): Allowance {
    const bucket = this.#refilled(caller)
    const isAdmitted = bucket.tokens >= 1
    return this.#allowance(isAdmitted ? this.#take(caller, bucket, requests) : bucket, isAdmitted)
  }

  /** Counts further requests of a message that was admitted. */
  charge(caller: string, requests: number): void {
    if (requests > 0) this.#take(caller, this.#refilled(caller), requests)
  }

  #refilled(caller: string): TokenBucket {
    const now = this.#clock.monotonic()
    const known = this.#buckets.get(caller)
    // Re-inserted, so that the map is in the order of last use.
    if (known !== undefined) this.#buckets.delete(caller)
    else this.#makeRoom()
    const bucket =
      known === undefined ? fullBucket(this.#settings, now) : refilled(known, this.#settings, now)
    this.#buckets.set(caller, bucket)
    return bucket
  }

  #take(caller: string, { tokens, at }: TokenBucket, requests: number): TokenBucket {
    const bucket = { tokens: tokens - requests, at }
    this.#buckets.set(caller, bucket)
    return bucket
  }

  /** Forgets the caller that has been quiet for the longest time. */
  #makeRoom(): void {
    if (this.#buckets.size < this.#most) return
    const [oldest] = this.#buckets.keys()
    this.#buckets.delete(oldest!)
  }

  #allowance(bucket: TokenBucket, isAdmitted: boolean): Allowance {
    return {
      isAdmitted,
      remaining: Math.max(0, Math.floor(bucket.tokens)),
      waitMs: timeUntil(bucket, this.#settings, 1),
      resetMs: timeUntil(bucket, this.#settings, this.#settings.capacity),
    }
  }
}

/** Makes the header fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateHeaders(
  { requests, perMs }: CallerRateSettings,
  { remaining, waitMs, resetMs, isAdmitted }: Allowance,
): Record<string, string> {
  const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000))
  return {
    'ratelimit-policy': `"requests";q=${Math.max(1, Math.floor(requests))};w=${seconds(perMs)}`,
    ratelimit: `"requests";r=${remaining};t=${seconds(resetMs)}`,
    ...(!isAdmitted && { 'retry-after': String(seconds(waitMs)) }),
  }
}
