import type { InMilliseconds } from '../in-milliseconds.js'
import type * as options from '../operation-options.js'
import type { Headers } from '../value.js'
import type { Attempt } from './attempt.js'
import type { InboundMessage, MessageSink } from './inbound.js'

/** The options of a send that reach the adapter. */
export interface EnqueueOptions extends InMilliseconds<Pick<options.SendOptions, 'headers' | 'delay'>> {
  /** Milliseconds before which it must not be delivered. */
  readonly delayMs?: number
  /** MIME type of the payload. Ignored by protocols that carry none. */
  readonly contentType?: string
}

/** What becomes of a message that has used up the deliveries which the configuration of its adapter allows. */
export interface ExhaustedDelivery {
  /** The queue for its dead letter. */
  readonly deadLetter: string
  /** Why it is dead-lettered, in words. */
  readonly reason: string
  /** How many deliveries did not settle it. */
  readonly attempts: number
  /** Headers of the dead letter beside those of the message. */
  readonly headers?: Headers
}

/**
 * A message that the broker keeps until it is settled. The first of `ack`, `nack` and `undelivered` wins; later ones
 * do nothing. Each resolves when its packet or command has been written.
 */
export interface InboundDelivery extends InboundMessage {
  /** The broker's id of the message, if it has one. */
  readonly id?: string
  /** The number of the delivery, from 1, if the broker reports it. */
  readonly attempt: number
  /** Whether it was delivered before, as far as the broker tells. */
  readonly redelivered: boolean
  /**
   * Acknowledges the message. Resolves when the broker has been told.
   * @throws AckError if the acknowledgement can no longer reach the broker
   */
  ack(): Promise<void>
  /**
   * Gives the message back after a failed delivery. The broker delivers it again as the next attempt. Resolves when
   * the broker has been told.
   * @param delayMs milliseconds that the broker waits at least
   * @throws AckError
   */
  nack(delayMs: number): Promise<void>
  /**
   * Gives the message back because the application has not seen it: it is available again at once, and this delivery
   * does not count as an attempt. If this method is absent, the actor uses `nack(0)`, which counts. Resolves when the
   * broker has been told.
   * @throws AckError
   */
  undelivered?(): Promise<void>
  /**
   * Why the message cannot be delivered, for example because it is too large or malformed. The actor dead-letters it at
   * once; its payload may be empty.
   */
  readonly defect?: Error
  /**
   * Set if the message has used up the deliveries that the configuration of the adapter allows. The actor then
   * dead-letters it instead of delivering it, and acknowledges it after that.
   */
  readonly exhausted?: ExhaustedDelivery
}

/** A consumer of a queue. Delivers only as many messages as were requested. */
export interface AdapterConsumer {
  /** Asks for more messages. Never throws. @param count how many, beyond those that were asked for before */
  request(count: number): void
  /**
   * Ends the consumer, gives prefetched messages back uncounted, and frees its connections. Delivered messages may
   * still be settled. Never throws; idempotent. Resolves when the broker has been told.
   */
  close(): Promise<void>
  /**
   * As `close`, but leaves a durable consumer with the broker, so that a later gateway finds it. Resolves when
   * nothing is delivered any more. Never throws.
   */
  detach?(): Promise<void>
}

/** The queues of a protocol. All methods are called concurrently, while connected. */
export interface QueueFacet {
  /** Whether a message sent now can have headers. Default true. */
  readonly carriesHeaders?: boolean
  /**
   * Puts a message into a queue: one attempt.
   * @param queue the queue as the broker calls it
   * @param payload the encoded message, which may be kept until it is acknowledged and must not be changed
   * @returns the broker's id of the message
   * @throws EnqueueError when the broker refuses it; otherwise an IntegrationError of another kind
   */
  enqueue(queue: string, payload: Uint8Array, options: EnqueueOptions, context: Attempt): Promise<string>
  /**
   * Consumes a queue. Resolves when the broker has granted it; nothing is delivered before `request`.
   * @param queue the queue as the broker calls it
   * @param sink receives the requested messages
   * @returns the consumer, which the actor closes
   * @throws DequeueError when the broker refuses; otherwise an IntegrationError of another kind
   */
  consume(queue: string, sink: MessageSink<InboundDelivery>, context: Attempt): Promise<AdapterConsumer>
}
