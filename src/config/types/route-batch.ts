// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'

/**
 * The `batch` block: Sends several calls in one request; of a sink with `method`. Topics and queues need no
 * batches: their messages are sent without waiting for each other.
 */
export interface RouteBatchBlock {
  /**
   * Maximum number of calls in a request.
   * A whole number from 1 to 10000.
   * @defaultValue `100`
   */
  readonly messages?: number | undefined
  /**
   * Maximum bytes of payload in a request.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"1MB"`
   */
  readonly bytes?: Size | undefined
  /**
   * How long a call may wait for others.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5ms"`
   */
  readonly within?: Duration | undefined
}
