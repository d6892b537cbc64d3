// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { RetryBudgetBlock } from './retry-budget.js'

/** The `retry` block: Retries failed operations. Without this block nothing is retried. */
export interface RetryBlock {
  /**
   * Maximum number of attempts, including the first.
   * A whole number from 1 to 1000.
   * @defaultValue `3`
   */
  readonly max_attempts?: number | undefined
  /**
   * How the delays between attempts grow: `constant` stays at `initial`, `linear` adds `increment` each time,
   * `exponential` multiplies by `factor`.
   * @defaultValue `"exponential"`
   */
  readonly backoff?: 'constant' | 'linear' | 'exponential' | undefined
  /**
   * Delay before the second attempt.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"100ms"`
   */
  readonly initial?: Duration | undefined
  /**
   * Increment of a `linear` delay.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"100ms"`
   */
  readonly increment?: Duration | undefined
  /**
   * Maximum delay. Default: `10s`, or `initial` if that is longer.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max?: Duration | undefined
  /**
   * Factor of an `exponential` delay.
   * A number from 1 to 100.
   * @defaultValue `2`
   */
  readonly factor?: number | undefined
  /**
   * Share of each delay that is random: 0.2 shortens it by up to 20 %.
   * A number from 0 to 1.
   * @defaultValue `0.2`
   */
  readonly jitter?: number | undefined
  /**
   * Classes of errors to retry. Default: every error that is `retryable`. Example: `["timeout",
   * "connection-reset"]`.
   */
  readonly retryable_errors?:
    | readonly ('timeout' | 'connection-reset' | 'service-unavailable' | 'rate-limited')[]
    | undefined
  /**
   * Limits all retries together, relative to the number of requests. `false` means no limit.
   * @defaultValue `true`
   */
  readonly budget?: boolean | RetryBudgetBlock | undefined
}
