// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/**
 * The `rate` block: Limits the rate of requests of each caller, which is named by its identity or else by its
 * address. Example: `rate { requests = 100 }`.
 */
export interface LimitsRateBlock {
  /**
   * Number of requests of one caller allowed per period.
   * A number of at least 0.001.
   */
  readonly requests: number
  /**
   * Length of the period.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly per?: Duration | undefined
  /**
   * Number of requests allowed at once after a pause. Default: `requests`.
   * A whole number of at least 1.
   */
  readonly burst?: number | undefined
}
