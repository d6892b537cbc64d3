import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** The broker rejected a message, or the message could not be sent. */
export class PublishError extends IntegrationError {
  readonly kind = 'publish'
  /** The topic, or the pattern of topics. */
  readonly topic: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param topic the topic that was published to
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(topic: string, reason: string, context: ErrorContext = {}) {
    super(`publish to ${topic}: ${reason}`, context, false)
    this.topic = topic
    this.reason = reason
  }
}

/** The broker refused a subscription, or the subscription ended with an error. */
export class SubscribeError extends IntegrationError {
  readonly kind = 'subscribe'
  /** The topic, or the pattern of topics. */
  readonly topic: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param topic the pattern that was subscribed to
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(topic: string, reason: string, context: ErrorContext = {}) {
    super(`subscribe to ${topic}: ${reason}`, context, false)
    this.topic = topic
    this.reason = reason
  }
}

keepNames({ PublishError, SubscribeError })
