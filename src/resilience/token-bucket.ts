/** A token bucket as data. Times are milliseconds of whatever clock the caller passes as `now`. */
export interface TokenBucket {
  readonly tokens: number
  /** When so many were in it. */
  readonly at: number
}

/** How a bucket fills up. */
export interface BucketSettings {
  readonly capacity: number
  readonly tokensPerMs: number
}

/** A bucket that nobody has taken from. */
export function fullBucket({ capacity }: BucketSettings, now: number): TokenBucket {
  return { tokens: capacity, at: now }
}

/** The bucket at a later time; it never overflows, and a clock that goes back takes nothing away. */
export function refilled(bucket: TokenBucket, settings: BucketSettings, now: number): TokenBucket {
  const elapsed = Math.max(0, now - bucket.at)
  const tokens = Math.min(settings.capacity, bucket.tokens + elapsed * settings.tokensPerMs)
  return { tokens, at: Math.max(now, bucket.at) }
}

/** The bucket with more in it, and no more than it holds. */
export function deposited(bucket: TokenBucket, { capacity }: BucketSettings, tokens: number): TokenBucket {
  return { tokens: Math.min(capacity, bucket.tokens + tokens), at: bucket.at }
}

/** The bucket without one of its tokens; undefined when it holds none. */
export function withdrawn(bucket: TokenBucket): TokenBucket | undefined {
  return bucket.tokens >= LEAST ? { tokens: bucket.tokens - 1, at: bucket.at } : undefined
}

/** Milliseconds until it holds `tokens`, if nobody takes any; Infinity when it never will. */
export function timeUntil(bucket: TokenBucket, { tokensPerMs }: BucketSettings, tokens: number): number {
  const missing = tokens - bucket.tokens
  return missing <= 0 ? 0 : missing / tokensPerMs
}

/** A token that filled up by fractions is whole but for their rounding. */
const LEAST = 1 - 1e-9
