// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'

/** The `config` block: Settings of the protocol. */
export interface JsonRpcConfigBlock {
  /**
   * Version of JSON-RPC.
   * @defaultValue `"2.0"`
   */
  readonly version?: '2.0' | undefined
  /**
   * Rejects answers that deviate from the JSON-RPC specification. Otherwise common deviations are accepted,
   * such as `"error": null` beside a result or an id returned as text.
   * @defaultValue `false`
   */
  readonly strict?: boolean | undefined
  /**
   * Time limit of one attempt. Same as `timeout` of the integration.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly timeout?: Duration | undefined
  /**
   * Maximum number of requests in one batch. With 2 or more, calls and notifications made at the same time
   * are combined into one request; a `batch` call with more entries is split.
   * A whole number from 1 to 1000.
   */
  readonly batch_size?: number | undefined
  /**
   * How long an incomplete batch waits for more requests while other batches are in flight. Example: `"5ms"`.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"0ms"`
   */
  readonly batch_delay?: Duration | undefined
  /**
   * Maximum size of one answer in bytes. If `limits { frame }` is smaller, it applies.
   * A size: bytes, or text such as `"64KB"`.
   */
  readonly max_response?: Size | undefined
  /**
   * Maximum number of connections to each address.
   * A whole number from 1 to 256.
   * @defaultValue `8`
   */
  readonly pool_size?: number | undefined
  /**
   * Number of requests sent on a connection before the first is answered. Set it above 1 only if all methods
   * are idempotent, because a lost connection can leave several requests unanswered.
   * A whole number from 1 to 256.
   * @defaultValue `1`
   */
  readonly pipelining?: number | undefined
  /** HTTP headers sent with every request. Example: `{ "x-tenant" = "acme" }`. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /**
   * WebSocket: maximum number of calls in flight.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly max_in_flight?: number | undefined
  /**
   * WebSocket: how long the server may be silent before the adapter sends a ping. 0 disables pings.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly ping_interval?: Duration | undefined
  /**
   * WebSocket: method that ends a subscription opened by a call. Default: the name of that method with
   * "unsubscribe" in place of "subscribe", as in `eth_unsubscribe`.
   */
  readonly unsubscribe_method?: string | undefined
  /**
   * How long an idle connection stays open, unless the server asks for another time.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"4s"`
   */
  readonly keep_alive?: Duration | undefined
}
