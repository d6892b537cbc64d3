// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `reconnect` block: How a lost connection is restored. */
export interface ReconnectBlock {
  /**
   * Whether to restore a lost connection.
   * @defaultValue `true`
   */
  readonly enabled?: boolean | undefined
  /**
   * Maximum number of consecutive attempts. -1 means no limit.
   * A whole number of at least -1.
   * @defaultValue `-1`
   */
  readonly max_attempts?: number | undefined
  /**
   * Delay before the first attempt. It doubles with each further attempt.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly delay?: Duration | undefined
  /**
   * Maximum delay. Default: `60s`, or `delay` if that is longer.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_delay?: Duration | undefined
  /**
   * What operations do while there is no connection: `wait` within their time limit, or `fail` at once.
   * @defaultValue `"wait"`
   */
  readonly offline?: 'wait' | 'fail' | undefined
}
