// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'

/** The `limits` block: Limits of one run of a query. Beyond a limit the query fails for that message. */
export interface TransformLimitsBlock {
  /**
   * Maximum number of elements visited, functions called and steps of regular expressions.
   * A whole number of at least 1.
   * @defaultValue `1000000`
   */
  readonly steps?: number | undefined
  /**
   * Maximum size of all results together, as JSON.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"16MB"`
   */
  readonly output?: Size | undefined
  /**
   * Maximum nesting of a result.
   * A whole number from 1 to 10000.
   * @defaultValue `1000`
   */
  readonly depth?: number | undefined
  /**
   * Maximum time on the slow path. A compiled query is limited by `steps`.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly time?: Duration | undefined
}
