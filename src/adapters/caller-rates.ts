import type { Clock } from '../core/clock.js'
import type { CallerRateSettings } from '../core/settings/limits.js'

/** Maximum number of callers whose rate is remembered. */
const MOST_CALLERS = 10_000

interface Bucket {
  /** Requests that may be made now; negative after a large batch. */
  tokens: number
  /** When `tokens` was computed, in milliseconds of the monotonic clock. */
  at: number
}

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
  readonly #capacity: number
  readonly #perMs: number
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()
  readonly #most: number

  constructor({ requests, perMs, burst }: CallerRateSettings, clock: Clock, most = MOST_CALLERS) {
    this.#capacity = burst
    this.#perMs = requests / perMs
    this.#clock = clock
    this.#most = most
  }

  /** Counts requests of a caller if it may make one now. */
  admit(caller: string, requests = 1): Allowance {
    const bucket = this.#bucketOf(caller)
    const isAdmitted = bucket.tokens >= 1
    if (isAdmitted) bucket.tokens -= requests
    return this.#allowance(bucket, isAdmitted)
  }

  /** Counts further requests of a message that was admitted. */
  charge(caller: string, requests: number): void {
    if (requests > 0) this.#bucketOf(caller).tokens -= requests
  }

  #bucketOf(caller: string): Bucket {
    const now = this.#clock.monotonic()
    let bucket = this.#buckets.get(caller)
    // Re-inserted, so that the map is in the order of last use.
    if (bucket !== undefined) this.#buckets.delete(caller)
    else {
      this.#makeRoom()
      bucket = { tokens: this.#capacity, at: now }
    }
    this.#buckets.set(caller, bucket)
    bucket.tokens = Math.min(this.#capacity, bucket.tokens + (now - bucket.at) * this.#perMs)
    bucket.at = now
    return bucket
  }

  /** Forgets the caller that has been quiet for the longest time. */
  #makeRoom(): void {
    if (this.#buckets.size < this.#most) return
    const [oldest] = this.#buckets.keys()
    this.#buckets.delete(oldest!)
  }

  #allowance({ tokens }: Bucket, isAdmitted: boolean): Allowance {
    return {
      isAdmitted,
      remaining: Math.max(0, Math.floor(tokens)),
      waitMs: Math.max(0, (1 - tokens) / this.#perMs),
      resetMs: (this.#capacity - tokens) / this.#perMs,
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
