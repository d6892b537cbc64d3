// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/**
 * The `health_check` block: Checks regularly whether the service is alive. Without this block it is not
 * checked.
 */
export interface HealthCheckBlock {
  /**
   * Whether to check the health of the service.
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined
  /**
   * Interval between two checks.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly interval?: Duration | undefined
  /**
   * Time limit of a check.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly timeout?: Duration | undefined
  /** Method to call. Default: a ping of the protocol. Example: `"health"`. */
  readonly method?: string | undefined
}
