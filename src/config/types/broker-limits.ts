// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'

/** The `limits` block: Resource limits of the broker. */
export interface BrokerLimitsBlock {
  /**
   * Memory (heap and buffers) at which the thread is restarted. Example: `"256MB"`.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"512MB"`
   */
  readonly memory?: Size | undefined
}
