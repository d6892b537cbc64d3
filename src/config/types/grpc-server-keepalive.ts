// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `keepalive` block: Pings that detect callers that are gone. Example: `keepalive { time = "30s" }`. */
export interface GrpcServerKeepaliveBlock {
  /**
   * How long a connection may be silent before the server sends a ping.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1m"`
   */
  readonly time?: Duration | undefined
  /**
   * How long the caller may take to answer a ping before the connection is closed.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"20s"`
   */
  readonly timeout?: Duration | undefined
}
