// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `rate_limit` block: Limits the rate of requests. Example: `rate_limit { requests = 100 }`. */
export interface RateLimitBlock {
  /**
   * Number of requests allowed per period.
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
  /**
   * What happens to requests beyond the rate: `wait` queues them within their deadline, `fail` rejects them
   * at once.
   * @defaultValue `"wait"`
   */
  readonly excess?: 'wait' | 'fail' | undefined
}
