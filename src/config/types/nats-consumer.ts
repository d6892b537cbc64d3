// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/**
 * The `consumer` block: The durable pull consumer that all receivers of a queue share: an existing consumer
 * is used as it is, a missing one is created with these settings.
 */
export interface NatsConsumerBlock {
  /** The name of the durable consumer; by default derived from the name of the queue. */
  readonly name?: string | undefined
  /**
   * How long the server waits for a settlement or an extension before it redelivers a message; default 5 s,
   * or 30 s without `extend`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly ack_wait?: Duration | undefined
  /**
   * Extends `ack_wait` while a handler is working, so that a short `ack_wait` suffices and the messages of a
   * dead gateway are redelivered soon.
   * @defaultValue `true`
   */
  readonly extend?: boolean | undefined
  /**
   * How many deliveries to a handler a message gets; -1 sets no limit besides the consumer's own.
   * @defaultValue `-1`
   */
  readonly max_deliver?: number | undefined
  /**
   * The queue for messages that were delivered `max_deliver` times; when absent, the gateway reports them as
   * dead letters.
   */
  readonly dead_letter?: string | undefined
  /**
   * How many delivered messages may be unsettled, over all receivers of the consumer.
   * A whole number from 1 to 1000000.
   * @defaultValue `10000`
   */
  readonly max_ack_pending?: number | undefined
}
