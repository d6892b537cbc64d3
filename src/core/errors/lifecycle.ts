import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** The actor that was handling the operation died. */
export class ActorCrashedError extends IntegrationError {
  readonly kind = 'actor-crashed'
  /** What happened, in words. */
  readonly reason: string
  /** Whether the operation may have had its effect before the actor died. */
  readonly maybeExecuted: boolean
  /**
   * Retryable by default.
   * @param reason why the actor died, in words
   * @param maybeExecuted whether the operation may have had its effect
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, maybeExecuted: boolean, context: ErrorContext = {}) {
    super(`the actor crashed: ${reason}`, context, true)
    this.reason = reason
    this.maybeExecuted = maybeExecuted
  }
}

/** The gateway is shutting down or is shut down, or a reload has removed the integration. */
export class ShutdownError extends IntegrationError {
  readonly kind = 'shutdown'
  /**
   * Not retryable by default.
   * @param context the integration, the cause, and what overrides the defaults of the class
   * @param what what is shut down, in words
   */
  constructor(context: ErrorContext = {}, what = 'the gateway is shut down') {
    super(what, context, false)
  }
}

keepNames({ ActorCrashedError, ShutdownError })
