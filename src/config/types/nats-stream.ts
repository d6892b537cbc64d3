// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/**
 * The `stream` block: The stream of a queue: an existing stream is used as it is, a missing one is created
 * with these settings.
 */
export interface NatsStreamBlock {
  /** One stream for all queues of the integration; when absent, each queue has its own. */
  readonly name?: string | undefined
  /** Further subjects of a stream that the gateway creates, besides its queues. */
  readonly subjects?: readonly string[] | undefined
  /**
   * Whether to create missing streams; with `false` only existing streams are used.
   * @defaultValue `true`
   */
  readonly create?: boolean | undefined
  /**
   * Where the stream is stored.
   * @defaultValue `"file"`
   */
  readonly storage?: 'file' | 'memory' | undefined
  /**
   * How many servers of a cluster store a copy.
   * A whole number from 1 to 5.
   * @defaultValue `1`
   */
  readonly replicas?: number | undefined
  /**
   * When messages are removed: `workqueue` removes a message once it is acknowledged.
   * @defaultValue `"workqueue"`
   */
  readonly retention?: 'workqueue' | 'limits' | 'interest' | undefined
  /**
   * How long a message is kept; no limit when absent.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_age?: Duration | undefined
  /**
   * How many bytes the stream may hold; no limit when absent.
   * A whole number of at least 1.
   */
  readonly max_bytes?: number | undefined
  /**
   * How many messages the stream may hold; no limit when absent.
   * A whole number of at least 1.
   */
  readonly max_messages?: number | undefined
  /**
   * What happens when the stream is full: `new` refuses the new message, `old` removes the oldest.
   * @defaultValue `"new"`
   */
  readonly discard?: 'new' | 'old' | undefined
  /**
   * How long the stream recognises a message that is sent twice with the same id.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"2m"`
   */
  readonly duplicate_window?: Duration | undefined
  /**
   * Compression of stored messages; requires server 2.10.
   * @defaultValue `"none"`
   */
  readonly compression?: 'none' | 's2' | undefined
}
