import type { Clock } from '../core/clock.js'
import type { RetryBudgetSettings } from '../core/settings.js'
import {
  type BucketSettings,
  deposited,
  fullBucket,
  refilled,
  type TokenBucket,
  withdrawn,
} from './token-bucket.js'

/** How long what was not used of the budget can be used later, in milliseconds; so far as the minimum goes. */
const RESERVE_MS = 10_000
const LEAST_RESERVE = 10

/**
 * Keeps retries from multiplying the load on a service that does not work: they may be a share of the requests, and
 * so many a second in any case, so that an integration with little to do can retry as well.
 */
export class RetryBudget {
  readonly #clock: Clock
  readonly #share: number
  readonly #settings: BucketSettings
  #bucket: TokenBucket

  constructor({ share, minPerSecond }: RetryBudgetSettings, clock: Clock) {
    this.#clock = clock
    this.#share = share
    const tokensPerMs = minPerSecond / 1_000
    this.#settings = { capacity: Math.max(LEAST_RESERVE, tokensPerMs * RESERVE_MS), tokensPerMs }
    this.#bucket = fullBucket(this.#settings, clock.monotonic())
  }

  /** A request is tried for the first time. */
  requested(): void {
    this.#bucket = deposited(this.#bucket, this.#settings, this.#share)
  }

  /** Whether one more retry may be made; it counts then. */
  allowsRetry(): boolean {
    this.#bucket = refilled(this.#bucket, this.#settings, this.#clock.monotonic())
    const after = withdrawn(this.#bucket)
    if (after !== undefined) this.#bucket = after
    return after !== undefined
  }
}
