import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** A message could not be put into a queue. */
export class EnqueueError extends IntegrationError {
  readonly kind = 'enqueue'
  /** The queue. */
  readonly queue: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param queue the queue that was sent to
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`send to queue ${queue}: ${reason}`, context, false)
    this.queue = queue
    this.reason = reason
  }
}

/** A message could not be taken from a queue. */
export class DequeueError extends IntegrationError {
  readonly kind = 'dequeue'
  /** The queue. */
  readonly queue: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param queue the queue that was read
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`receive from queue ${queue}: ${reason}`, context, false)
    this.queue = queue
    this.reason = reason
  }
}

/** A delivery could not be acknowledged or given back. */
export class AckError extends IntegrationError {
  readonly kind = 'ack'
  /** The queue. */
  readonly queue: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Retryable by default.
   * @param queue the queue of the delivery
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`acknowledge in queue ${queue}: ${reason}`, context, true)
    this.queue = queue
    this.reason = reason
  }
}

keepNames({ EnqueueError, DequeueError, AckError })
