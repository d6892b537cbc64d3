import type { Headers } from '../value.js'

/** A message that an adapter received from the other side. */
export interface InboundMessage {
  /** The topic, the queue, or the method. */
  readonly topic: string
  /** Owned by the sink once delivered: the adapter must not reuse the memory. */
  readonly payload: Uint8Array
  /** Text metadata beside the payload. */
  readonly headers?: Headers
  /** Whether the broker had kept it for new subscribers. */
  readonly retain?: boolean
  /** MIME type of the payload, if the protocol carries one. */
  readonly contentType?: string
  /**
   * Called once when the host has received the message, or the actor has dropped and counted it. The adapter must not
   * acknowledge it to the broker earlier. Absent if the broker expects no acknowledgement. Never throws.
   */
  taken?(): void
}

/** Receives the messages of one subscription from the adapter. Each subscription has its own back-pressure. */
export interface MessageSink<M extends InboundMessage> {
  /**
   * Delivers one message. Never throws.
   * @param message the message; its memory must not be used again
   * @returns false if the adapter must hold back further messages of this subscription until `resume` is called.
   *   Messages that have already been read may still be delivered.
   */
  deliver(message: M): boolean
  /**
   * Reports messages that were lost before they could be delivered. The actor counts them and reports a gap. Never
   * throws.
   * @param count how many; 0 if the protocol cannot tell
   * @param reason why, in words
   */
  lost(count: number, reason: string): void
  /**
   * Reports that the other side ended the subscription. Never throws.
   * @param error ShutdownError if the subscription completed normally; a retryable error if the actor is to open it
   *   again. The actor opens a served method again after any refusal of the other side
   */
  end(error: Error): void
}

/** An open subscription at the broker. */
export interface AdapterSubscription {
  /**
   * Resumes delivery after `deliver` returned false. May be called before the adapter has held anything back. Never
   * throws.
   */
  resume(): void
  /** Ends the subscription. Resolves when the broker has been told. Never throws; idempotent. */
  close(): Promise<void>
  /**
   * Stops delivering and leaves the subscription with the broker, so that a later gateway finds it. Absent if nothing
   * outlives the connection. Never throws; idempotent. Resolves when nothing is delivered any more.
   */
  detach?(): Promise<void>
  /**
   * Ends the subscription in favour of another connection that has the same one: tells the broker, then delivers what the
   * broker had for it before. Absent if `close` leaves nothing behind. Never throws; idempotent. Resolves when nothing is
   * delivered any more.
   */
  finish?(): Promise<void>
  /** The quality of service that the broker granted, if the protocol has one. */
  readonly grantedQos?: 0 | 1 | 2
}
