// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { GrpcServerKeepaliveBlock } from './grpc-server-keepalive.js'

/** The `config` block: Settings of the protocol. */
export interface GrpcServerConfigBlock {
  /** One or several `.proto` files. Example: `"./orders.proto"`. */
  readonly proto?: string | readonly string[] | undefined
  /** Folders to search for imports of the `.proto` files. */
  readonly include?: string | readonly string[] | undefined
  /**
   * File with a `FileDescriptorSet`, as written by `protoc --descriptor_set_out=FILE --include_imports`.
   * A path, relative to the working folder.
   */
  readonly descriptor_set?: string | undefined
  /**
   * Serves the reflection protocol (v1 and v1alpha).
   * @defaultValue `true`
   */
  readonly reflection?: boolean | undefined
  /**
   * Serves the health checking protocol.
   * @defaultValue `true`
   */
  readonly health?: boolean | undefined
  /**
   * Compression of messages that are sent.
   * @defaultValue `"none"`
   */
  readonly compression?: 'none' | 'gzip' | 'deflate' | undefined
  /**
   * Maximum number of concurrent calls on one connection.
   * A whole number from 1 to 1000000.
   * @defaultValue `1000`
   */
  readonly max_streams?: number | undefined
  /** Pings that detect callers that are gone. Example: `keepalive { time = "30s" }`. */
  readonly keepalive?: GrpcServerKeepaliveBlock | undefined
  /**
   * How long a connection may be open. Then the caller is asked to open another (GOAWAY), so that load
   * balancers can distribute connections again. Default: unlimited.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_connection_age?: Duration | undefined
  /**
   * How long calls in flight may take after `max_connection_age` before they are cut off.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly max_connection_age_grace?: Duration | undefined
  /**
   * How long a connection without calls stays open. Default: unlimited.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_connection_idle?: Duration | undefined
}
