// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'

/** The `limits` block: Resource limits of the actor. */
export interface LimitsBlock {
  /**
   * Memory (heap and buffers) at which the thread is restarted. Example: `"256MB"`.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"512MB"`
   */
  readonly memory?: Size | undefined
  /**
   * Maximum size of a frame, message or batch from the network.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"16MB"`
   */
  readonly frame?: Size | undefined
}
