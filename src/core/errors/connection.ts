import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** The connection could not be made, was lost, or is down. */
export class ConnectionError extends IntegrationError {
  readonly kind = 'connection'
  /** What happened, in words. */
  readonly reason: string
  /**
   * Retryable by default.
   * @param reason what happened to the connection, in words; also the message
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, true, 'connection-reset')
    this.reason = reason
  }
}

/** The other side refused our credentials, or we could not obtain any. The reason never contains a secret. */
export class AuthError extends IntegrationError {
  readonly kind = 'auth'
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param reason why, in words and without a secret; also the message
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, false)
    this.reason = reason
  }
}

keepNames({ ConnectionError, AuthError })
