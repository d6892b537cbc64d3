import type { Clock } from '../core/clock.js'
import type { RateLimitSettings } from '../core/settings/limits.js'
import { TokenSource } from './token-source.js'

/** Limits how many requests may be made in a period, with a configured burst. */
export class RateLimiter {
  readonly #tokens: TokenSource

  constructor({ requests, perMs, burst }: RateLimitSettings, clock: Clock) {
    this.#tokens = new TokenSource({ capacity: burst, tokensPerMs: requests / perMs }, clock)
  }

  /** Admits and counts one request. @returns false if none may be made now */
  admit(): boolean {
    return this.#tokens.take()
  }

  /** Milliseconds until a request with `ahead` others before it may be made. */
  wait(ahead: number): number {
    return this.#tokens.timeUntil(ahead + 1)
  }
}
