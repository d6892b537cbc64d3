import type { Clock } from '../core/clock.js'
import {
  type BucketSettings,
  deposited,
  fullBucket,
  refilled,
  type TokenBucket,
  timeUntil,
  withdrawn,
} from '../core/token-bucket.js'

/** A token bucket that fills up by a clock. Starts full. */
export class TokenSource {
  readonly #settings: BucketSettings
  readonly #clock: Clock
  #bucket: TokenBucket

  constructor(settings: BucketSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#bucket = fullBucket(settings, clock.monotonic())
  }

  /** Takes one token. @returns false if there is none */
  take(): boolean {
    this.#bucket = this.#refilled()
    const after = withdrawn(this.#bucket)
    if (after !== undefined) this.#bucket = after
    return after !== undefined
  }

  /** Adds tokens, up to the capacity. */
  add(tokens: number): void {
    this.#bucket = deposited(this.#bucket, this.#settings, tokens)
  }

  /** Milliseconds until there are `tokens`, if none are taken; Infinity for never. */
  timeUntil(tokens: number): number {
    return timeUntil(this.#refilled(), this.#settings, tokens)
  }

  #refilled(): TokenBucket {
    return refilled(this.#bucket, this.#settings, this.#clock.monotonic())
  }
}
