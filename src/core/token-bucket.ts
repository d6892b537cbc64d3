/** A token bucket as data. Times are milliseconds of the clock that the caller passes as `now`. */
export interface TokenBucket {
  readonly tokens: number
  /** The time at which it contained `tokens`. */
  readonly at: number
}

/** How a bucket fills up. */
export interface BucketSettings {
  readonly capacity: number
  readonly tokensPerMs: number
}

/** A bucket at its capacity. */
export function fullBucket({ capacity }: BucketSettings, now: number): TokenBucket {
  return { tokens: capacity, at: now }
}

/** The bucket at a later time, up to its capacity. A clock that goes back removes no tokens. */
export function refilled(bucket: TokenBucket, settings: BucketSettings, now: number): TokenBucket {
  const elapsed = Math.max(0, now - bucket.at)
  const tokens = Math.min(settings.capacity, bucket.tokens + elapsed * settings.tokensPerMs)
  return { tokens, at: Math.max(now, bucket.at) }
}

/** The bucket with added tokens, up to its capacity. */
export function deposited(bucket: TokenBucket, { capacity }: BucketSettings, tokens: number): TokenBucket {
  return { tokens: Math.min(capacity, bucket.tokens + tokens), at: bucket.at }
}

/** The bucket with one token removed; `undefined` if it has none. */
export function withdrawn(bucket: TokenBucket): TokenBucket | undefined {
  return bucket.tokens >= LEAST ? { tokens: bucket.tokens - 1, at: bucket.at } : undefined
}

/** Milliseconds until the bucket has `tokens`, if none are removed; Infinity for never. */
export function timeUntil(bucket: TokenBucket, { tokensPerMs }: BucketSettings, tokens: number): number {
  const missing = tokens - bucket.tokens
  return missing <= 0 ? 0 : missing / tokensPerMs
}

/** One token, less the rounding error of adding fractions. */
const LEAST = 1 - 1e-9
