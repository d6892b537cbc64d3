import type { Capability } from '../../core/capability.js'

/**
 * What a protocol can do, as the compliance suite is told. Where an operation is missing, the suite asserts that
 * it is refused with UnsupportedError; where one of the other abilities is missing, its cases are left out.
 */
export interface Features extends Readonly<Record<Capability, boolean>> {
  /** A call of a method that nobody serves is answered with an RpcError; without this it may time out. */
  readonly unknownMethod: boolean
  /** Subscriptions may name patterns of topics. */
  readonly wildcards: boolean
  /** The broker keeps the newest message of a topic for new subscribers. */
  readonly retain: boolean
  /** Publishes and subscriptions may ask for quality of service 0, 1 and 2. */
  readonly qos: boolean
  /** Headers travel with messages. */
  readonly headers: boolean
  /** A slow subscriber holds the publisher's side back, and nothing is lost or refused over it. */
  readonly backpressure: boolean
  /** A message that was given back comes again at once, not only after a new connection. */
  readonly redelivery: boolean
  /** Every delivery says which attempt it is. */
  readonly attempts: boolean
  /** A message that was given back may be delayed. */
  readonly delayedNack: boolean
  /** Several consumers of a queue share its messages. */
  readonly competingConsumers: boolean
  /** One consumer gets the messages of a queue in the order in which they were sent. */
  readonly order: boolean
  /** A queue keeps what is sent while nobody consumes it. */
  readonly persistentQueue: boolean
}

/** The name of an ability. */
export type Feature = keyof Features
