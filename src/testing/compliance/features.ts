import type { Capability } from '../../core/capability.js'

/**
 * The features of a protocol. The suite asserts that a missing operation rejects with UnsupportedError, and omits
 * the cases of other missing features.
 */
export interface Features extends Readonly<Record<Capability, boolean>> {
  /** A call of a method without a server is answered with an RpcError; without this feature it may time out. */
  readonly unknownMethod: boolean
  /** Subscriptions accept patterns of topics. */
  readonly wildcards: boolean
  /** The broker keeps the newest message of a topic for new subscribers. */
  readonly retain: boolean
  /** Publishes and subscriptions support quality of service 0, 1 and 2. */
  readonly qos: boolean
  /** Messages carry headers. */
  readonly headers: boolean
  /** A slow subscriber holds the publisher back, and no message is lost or refused. */
  readonly backpressure: boolean
  /** A returned message is redelivered at once, not only after a reconnect. */
  readonly redelivery: boolean
  /** Every delivery carries its attempt number. */
  readonly attempts: boolean
  /**
   * Now and then the broker counts a delivery that reached no consumer, because one closed at that moment. Attempts are
   * then not exact after a cancelled `receive`.
   */
  readonly countsUnseen?: boolean
  /** A returned message can be delayed. */
  readonly delayedNack: boolean
  /** Several consumers of a queue share its messages. */
  readonly competingConsumers: boolean
  /** A single consumer gets the messages of a queue in the order in which they were sent. */
  readonly order: boolean
  /** A queue keeps messages while it has no consumer. */
  readonly persistentQueue: boolean
}

/** The name of a feature. */
export type Feature = keyof Features
