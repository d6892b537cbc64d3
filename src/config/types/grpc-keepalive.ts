// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `keepalive` block: Pings that detect a dead connection. Example: `keepalive { time = "30s" }`. */
export interface GrpcKeepaliveBlock {
  /**
   * Interval of pings while a call or stream is in flight. It grows if the server rejects the pings as too
   * many.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"20s"`
   */
  readonly time?: Duration | undefined
  /**
   * How long the server may take to answer a ping before the connection counts as lost.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly timeout?: Duration | undefined
  /**
   * Sends pings even while no call is in flight.
   * @defaultValue `false`
   */
  readonly without_calls?: boolean | undefined
}
