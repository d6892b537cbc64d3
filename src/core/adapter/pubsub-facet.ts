import type { InMilliseconds } from '../in-milliseconds.js'
import type * as options from '../operation-options.js'
import type { Value } from '../value.js'
import type { Attempt } from './attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from './inbound.js'

/** The options of a publish that reach the adapter. */
export interface PublishOptions
  extends InMilliseconds<Pick<options.PublishOptions, 'qos' | 'retain' | 'headers' | 'expiry'>> {
  /** Milliseconds after which the broker may drop it. */
  readonly expiryMs?: number
  /** MIME type of the payload. Ignored by protocols that carry none. */
  readonly contentType?: string
}

/** The options of a subscription that reach the adapter. */
export interface SubscribeOptions extends Pick<options.SubscribeOptions, 'qos' | 'headers'> {
  /** The parameters of a subscription that is a method of a service. Such a subscription is not shared. */
  readonly params?: Value
}

/** The topics of a protocol. All methods are called concurrently, while connected. */
export interface PubSubFacet {
  /**
   * Publishes one message. Resolves when the broker has acknowledged it, or when it was written if the protocol
   * acknowledges nothing.
   * @param topic a topic without wildcards
   * @param payload the encoded message, which may be kept until it is acknowledged and must not be changed
   * @returns `undefined` if the message was written synchronously, which saves a promise for each message
   * @throws PublishError
   */
  publish(
    topic: string,
    payload: Uint8Array,
    options: PublishOptions,
    context: Attempt,
  ): Promise<void> | undefined
  /**
   * What the protocol can hold back: one subscription, or only the connection with all its subscriptions. With
   * `connection` the actor holds back for a bounded time, then drops and counts messages. Default `connection`.
   */
  readonly holdsBack?: 'subscription' | 'connection'
  /** Whether a message published now can have headers. Default true. */
  readonly carriesHeaders?: boolean
  /** The quality of service if the caller sets none. Absent if the protocol has none. */
  readonly defaultQos?: 0 | 1 | 2
  /**
   * Whether the broker keeps messages for new subscribers. Then the actor subscribes a pattern again for each new
   * subscriber, and closes the earlier subscription once the broker has granted the later one.
   */
  readonly retains?: boolean
  /**
   * Subscribes a pattern. Resolves when the broker has granted it.
   *
   * If `holdsBack` is `subscription`, one pattern may be subscribed several times, independently. Otherwise the actor
   * subscribes a pattern once, or replaces it by a later subscription (for a higher `qos`, or with `retains`): once
   * granted, the later one receives the messages, and closing the earlier one must not end it.
   * @param pattern a topic, which may have the wildcards of the broker
   * @param sink receives the messages, including those before the grant
   * @returns the subscription, which the actor closes
   * @throws SubscribeError
   */
  subscribe(
    pattern: string,
    options: SubscribeOptions,
    sink: MessageSink<InboundMessage>,
    context: Attempt,
  ): Promise<AdapterSubscription>
}
