// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { LimitsRateBlock } from './limits-rate.js'

/** The `limits` block: Resource limits of the server. */
export interface ServerLimitsBlock {
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
  /**
   * Maximum number of open connections. Further connections are closed at once.
   * A whole number of at least 1.
   * @defaultValue `1000`
   */
  readonly connections?: number | undefined
  /**
   * Maximum number of open connections from one IPv4 address or one /64 of IPv6. Raise it for a server behind
   * a proxy.
   * A whole number of at least 1.
   * @defaultValue `250`
   */
  readonly connections_per_address?: number | undefined
  /**
   * Maximum number of messages of callers that are not answered. Beyond it, a request over HTTP is refused
   * with 503, a WebSocket is not read, and a gRPC call ends with RESOURCE_EXHAUSTED.
   * A whole number of at least 1.
   * @defaultValue `10000`
   */
  readonly requests?: number | undefined
  /**
   * Limits the rate of requests of each caller, which is named by its identity or else by its address.
   * Example: `rate { requests = 100 }`.
   */
  readonly rate?: LimitsRateBlock | undefined
}
