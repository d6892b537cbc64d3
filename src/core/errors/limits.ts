import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** The circuit breaker is open, so the operation was not attempted. */
export class CircuitOpenError extends IntegrationError {
  readonly kind = 'circuit-open'
  /** Milliseconds until the breaker lets a probe through. */
  override readonly retryAfterMs: number
  /**
   * Retryable by default.
   * @param retryAfterMs milliseconds until the breaker lets a probe through
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(retryAfterMs: number, context: ErrorContext = {}) {
    super(`the circuit is open; next attempt in ${Math.ceil(retryAfterMs)} ms`, context, true)
    this.retryAfterMs = retryAfterMs
  }
}

/** The mailbox is full, and its overflow policy refused or dropped the message. */
export class MailboxFullError extends IntegrationError {
  readonly kind = 'mailbox-full'
  /**
   * Retryable by default.
   * @param message what is full
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(message = 'the mailbox is full', context: ErrorContext = {}) {
    super(message, context, true)
  }
}

/** The configured rate limit, or that of the server, refused the request. */
export class RateLimitedError extends IntegrationError {
  readonly kind = 'rate-limited'
  /** Milliseconds until the next request is allowed. */
  override readonly retryAfterMs: number
  /**
   * Retryable by default.
   * @param retryAfterMs milliseconds until the next request may be made
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(retryAfterMs: number, context: ErrorContext = {}) {
    super(`rate limited; next request in ${Math.ceil(retryAfterMs)} ms`, context, true, 'rate-limited')
    this.retryAfterMs = retryAfterMs
  }
}

keepNames({ CircuitOpenError, MailboxFullError, RateLimitedError })
