import type { Clock } from '../core/clock.js'
import type { RetryBudgetSettings } from '../core/settings/retry.js'
import { TokenSource } from './token-source.js'

/** How many milliseconds of unused minimum can be saved for later. */
const RESERVE_MS = 10_000
/** The smallest capacity of the budget. */
const LEAST_RESERVE = 10

/**
 * Limits retries to a share of the requests, so that they do not multiply the load on a service that does not work. A
 * minimum per second is always allowed, so that an integration with few requests can retry too.
 */
export class RetryBudget {
  readonly #share: number
  readonly #tokens: TokenSource

  constructor({ share, minPerSecond }: RetryBudgetSettings, clock: Clock) {
    this.#share = share
    const tokensPerMs = minPerSecond / 1_000
    const capacity = Math.max(LEAST_RESERVE, tokensPerMs * RESERVE_MS)
    this.#tokens = new TokenSource({ capacity, tokensPerMs }, clock)
  }

  /** Adds the share of one request; called with its first attempt. */
  requested(): void {
    this.#tokens.add(this.#share)
  }

  /** Admits and counts one retry. @returns false if the budget is used up */
  allowsRetry(): boolean {
    return this.#tokens.take()
  }
}
