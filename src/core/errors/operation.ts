import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** The details that the message of a time-out may include. */
export interface TimeoutContext extends ErrorContext {
  /** How long the operation took, in milliseconds. */
  readonly afterMs?: number
  /** How many attempts were made. */
  readonly attempts?: number
  /** The step of the operation that took too long, as a clause: `connecting timed out`. */
  readonly step?: string
  /** Why there was no connection when the time was up. */
  readonly notConnected?: string
}

/** The operation did not finish within its time-out. */
export class TimeoutError extends IntegrationError {
  readonly kind = 'timeout'
  /** The operation and its target, for example `call users.list`. */
  readonly operation: string
  /**
   * Retryable by default.
   * @param operation what was being done, for example `call users.list`
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(operation: string, context: TimeoutContext = {}) {
    super(`${operation} timed out${timeoutDetails(context)}`, context, true, 'timeout')
    this.operation = operation
  }
}

function timeoutDetails({ afterMs, attempts = 0, step, notConnected }: TimeoutContext): string {
  const after = afterMs === undefined ? '' : ` after ${Math.round(afterMs)} ms`
  const tried = attempts > 1 ? ` and ${attempts} attempts` : ''
  const during = step === undefined ? '' : `: ${step}`
  return `${after}${tried}${during}${notConnected === undefined ? '' : `; there is no connection: ${notConnected}`}`
}

/** A value cannot be encoded in the wire format, or received bytes cannot be decoded. */
export class SerializeError extends IntegrationError {
  readonly kind = 'serialize'
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param reason what cannot be carried or read, in words; also the message
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, false)
    this.reason = reason
  }
}

/** The protocol does not have this operation. Its manifest says so, so nothing was sent. */
export class UnsupportedError extends IntegrationError {
  readonly kind = 'unsupported'
  /** What is not supported, for example `publish` or `serve over json-rpc`. */
  readonly operation: string
  /**
   * Not retryable by default.
   * @param operation the operation that the protocol does not have
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(operation: string, context: ErrorContext = {}) {
    super(`${operation} is not supported`, context, false)
    this.operation = operation
  }
}

/** The caller's AbortSignal aborted. */
export class CancelledError extends IntegrationError {
  readonly kind = 'cancelled'
  /**
   * Not retryable by default.
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(context: ErrorContext = {}) {
    super('the operation was cancelled', context, false)
  }
}

keepNames({ TimeoutError, SerializeError, UnsupportedError, CancelledError })
