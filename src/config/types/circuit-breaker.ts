// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `circuit_breaker` block: Fails operations at once while the service is down. */
export interface CircuitBreakerBlock {
  /**
   * Number of consecutive failures that open the breaker.
   * A whole number of at least 1.
   * @defaultValue `5`
   */
  readonly failure_threshold?: number | undefined
  /**
   * Number of consecutive successful probes that close the breaker.
   * A whole number of at least 1.
   * @defaultValue `2`
   */
  readonly success_threshold?: number | undefined
  /**
   * How long the breaker stays open before it lets operations through as probes.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly timeout?: Duration | undefined
}
