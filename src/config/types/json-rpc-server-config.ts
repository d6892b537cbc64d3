// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'

/** The `config` block: Settings of the protocol. */
export interface JsonRpcServerConfigBlock {
  /**
   * Maximum size of one request in bytes. If `limits { frame }` is smaller, it applies.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"1MB"`
   */
  readonly max_request?: Size | undefined
  /**
   * Maximum number of requests in a batch.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly max_batch?: number | undefined
  /**
   * Maximum depth of nested arrays and objects in a request.
   * A whole number from 2 to 1000.
   * @defaultValue `128`
   */
  readonly max_depth?: number | undefined
  /**
   * Maximum number of objects, arrays and members of objects in a request or batch. To copy many small ones
   * to the thread of the application takes its time: about 2 ms for 1,000.
   * A whole number from 10 to 10000000.
   * @defaultValue `20000`
   */
  readonly max_values?: number | undefined
  /**
   * Maximum size of the headers of one request in bytes. Beyond it, the answer is 431.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"16KB"`
   */
  readonly max_headers?: Size | undefined
  /**
   * Maximum bytes of answers that wait for the caller of one WebSocket. At the limit the connection is not
   * read.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"1MB"`
   */
  readonly max_unread?: Size | undefined
  /**
   * Maximum number of messages of one WebSocket in flight. At the limit the connection is not read.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly max_in_flight?: number | undefined
  /**
   * How long a caller may take to send the headers of a request.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly header_timeout?: Duration | undefined
  /**
   * How long a caller may take to send a whole request or WebSocket message, and to read the next part of an
   * answer. 0 disables the limit.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly request_timeout?: Duration | undefined
  /**
   * How long an idle connection stays open.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"15s"`
   */
  readonly keep_alive?: Duration | undefined
  /**
   * Accepts WebSocket connections at the same port and path.
   * @defaultValue `true`
   */
  readonly websocket?: boolean | undefined
  /**
   * Answers `rpc.discover` with an OpenRPC document of the registered methods.
   * @defaultValue `true`
   */
  readonly discover?: boolean | undefined
  /**
   * Maximum number of subscriptions of one WebSocket.
   * A whole number from 1 to 100000.
   * @defaultValue `100`
   */
  readonly max_subscriptions?: number | undefined
  /**
   * Maximum number of messages of a topic that wait for a subscriber that does not read. Beyond it, the
   * oldest is dropped and counted. Of a `data` block only the newest value waits.
   * A whole number from 1 to 100000.
   * @defaultValue `100`
   */
  readonly subscription_buffer?: number | undefined
  /**
   * Answers `GET /healthz` (the server runs) and `GET /readyz` (the required integrations are connected)
   * without authentication.
   * @defaultValue `true`
   */
  readonly probes?: boolean | undefined
  /**
   * How long a WebSocket may be silent before the server sends a ping. 0 disables pings.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly ping_interval?: Duration | undefined
  /**
   * Origins of web pages that may call the server (CORS, WebSocket), in addition to those of the same host;
   * `"*"` allows all. Example: `["https://app.example.com"]`.
   */
  readonly origins?: readonly string[] | undefined
  /**
   * Names in the `Host` header by which the server may be called; others are refused with 421. Without this
   * list, a server on a loopback address accepts only loopback names, because a web page can point its own
   * name to 127.0.0.1 (DNS rebinding). A loopback server behind a proxy needs the public name. `"*"` allows
   * all. Example: `["api.example.com"]`.
   */
  readonly hosts?: readonly string[] | undefined
  /** Request headers that handlers can read in `context.headers`. Example: `["x-request-id"]`. */
  readonly forward_headers?: readonly string[] | undefined
}
