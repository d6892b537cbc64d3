// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { RouteBatchBlock } from './route-batch.js'
import type { RouteBufferBlock } from './route-buffer.js'
import type { RouteDeadLetterBlock } from './route-dead-letter.js'
import type { RouteFromBlock } from './route-from.js'
import type { RouteIdempotencyBlock } from './route-idempotency.js'
import type { RouteToBlock } from './route-to.js'
import type { TransformBlock } from './transform.js'

/**
 * The block `route`: Moves messages from one integration to another, without the thread of the application.
 */
export interface RouteBlock {
  /** Where messages come from: one of `topic`, `queue` and `method`. */
  readonly from: RouteFromBlock
  /** Where messages go: one of `topic`, `queue` and `method`. */
  readonly to: RouteToBlock
  /** Transforms in order. */
  readonly transform?: TransformBlock | readonly TransformBlock[] | undefined
  /**
   * Messages with the same key reach the sink in order and one at a time. Example:
   * `"${message.headers.device}"`.
   */
  readonly key?: string | undefined
  /**
   * How many messages may be in flight to the sink. `1` keeps the order even if an attempt fails. Default: 1
   * for a method, else `window`.
   * A whole number from 1 to 10000.
   */
  readonly concurrency?: number | undefined
  /**
   * Maximum number of messages between source and sink that the sink has not accepted.
   * A whole number from 1 to 100000.
   * @defaultValue `1024`
   */
  readonly window?: number | undefined
  /**
   * Maximum bytes of payload between source and sink.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"16MB"`
   */
  readonly window_bytes?: Size | undefined
  /**
   * What happens to messages of a topic without acknowledgement, if the sink does not keep up and the mailbox
   * of the source is full. With an acknowledgement the broker keeps them.
   * @defaultValue `"block"`
   */
  readonly overflow?: 'block' | 'drop-oldest' | 'drop-newest' | undefined
  /**
   * How often a message is tried that the sink refuses. While the sink cannot be reached no attempt counts.
   * A whole number from 1 to 1000.
   * @defaultValue `5`
   */
  readonly max_attempts?: number | undefined
  /**
   * Maximum number of routes that a message may pass through, so that a cycle ends. Counted in the header
   * `nemo-hops`.
   * A whole number from 1 to 1000.
   * @defaultValue `16`
   */
  readonly max_hops?: number | undefined
  /**
   * Sends several calls in one request; of a sink with `method`. Topics and queues need no batches: their
   * messages are sent without waiting for each other.
   */
  readonly batch?: RouteBatchBlock | undefined
  /**
   * Where messages go that cannot be delivered. Default: they are only reported, by the event `message:dead`.
   */
  readonly dead_letter?: RouteDeadLetterBlock | undefined
  /** Drops redeliveries of messages that the sink has accepted. */
  readonly idempotency?: RouteIdempotencyBlock | undefined
  /** A buffer between source and sink, for a sink that may be away for long. */
  readonly buffer?: RouteBufferBlock | undefined
}
