// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { GrpcKeepaliveBlock } from './grpc-keepalive.js'

/** The `config` block: Settings of the protocol. */
export interface GrpcConfigBlock {
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
   * Whether to load the schema from the server if neither `proto` nor `descriptor_set` is set, and by which
   * version of the reflection protocol. `auto` tries v1, then v1alpha.
   * @defaultValue `"auto"`
   */
  readonly reflection?: 'auto' | 'v1' | 'v1alpha' | 'off' | undefined
  /** Service whose methods can be called by their bare name. Example: `"shop.Orders"`. */
  readonly service?: string | undefined
  /** Pings that detect a dead connection. Example: `keepalive { time = "30s" }`. */
  readonly keepalive?: GrpcKeepaliveBlock | undefined
  /**
   * Number of connections to each address.
   * A whole number from 1 to 64.
   * @defaultValue `1`
   */
  readonly pool_size?: number | undefined
  /**
   * How calls are distributed among addresses. Default: `round_robin` with several addresses, otherwise
   * `pick_first`.
   */
  readonly load_balancing?: 'pick_first' | 'round_robin' | undefined
  /** Metadata sent with every call. Example: `{ "x-tenant" = "acme" }`. */
  readonly metadata?: { readonly [name: string]: string } | undefined
  /**
   * Compression of messages that are sent.
   * @defaultValue `"none"`
   */
  readonly compression?: 'none' | 'gzip' | 'deflate' | undefined
  /**
   * Lets a call wait while the connection is being restored, instead of failing it.
   * @defaultValue `false`
   */
  readonly wait_for_ready?: boolean | undefined
  /**
   * Name of the server in requests and in its certificate, if it differs from the address. Example:
   * `"orders.example.com"`.
   */
  readonly authority?: string | undefined
  /**
   * Makes calls return `{ value, headers, trailers }` instead of the value alone.
   * @defaultValue `false`
   */
  readonly response_metadata?: boolean | undefined
  /** Service to ask for in health checks. Default: the whole server. */
  readonly health_service?: string | undefined
  /**
   * How long a stream opened by publishing stays open without a message.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly publish_idle?: Duration | undefined
  /**
   * What happens after a connection loss to a subscription without `params` whose stream was published to.
   * `end` ends it with a SubscribeError, because the server has lost the published messages and may stay
   * silent; `reopen` opens a new stream, for servers that send without a request.
   * @defaultValue `"end"`
   */
  readonly published_streams?: 'end' | 'reopen' | undefined
}
