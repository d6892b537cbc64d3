import { AuthError, ConnectionError } from '../../core/errors/connection.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { TimeoutError, UnsupportedError } from '../../core/errors/operation.js'
import { socketFailure } from '../socket-failure.js'
import { ConnectionEnded, ConnectRefused, Expired, Refused, SocketFailed } from './client/errors.js'

/** Reason codes after which a retry may succeed (MQTT 5, section 2.4). */
const TRANSIENT = new Set([0x80, 0x83, 0x88, 0x89, 0x93, 0x96, 0x97, 0x9f])

/** Makes the error of an operation that the broker refused, or that was not sent. */
export type MakeFailure = (reason: string, context: ErrorContext) => IntegrationError

/**
 * Converts an error of the MQTT client into an IntegrationError.
 * @param failure makes the error of an operation that the broker refused, or that was not sent
 */
export function operationError(error: unknown, failure: MakeFailure): IntegrationError {
  if (error instanceof RangeError)
    return failure(error.message, { cause: error, notExecuted: true, fault: 'local' })
  if (error instanceof Refused) {
    const retryable = error.reasonCode !== undefined && TRANSIENT.has(error.reasonCode)
    return failure(error.message, { cause: error, notExecuted: true, ...(retryable && { retryable }) })
  }
  return connectionError(error)
}

/** Converts an error of the connection into an IntegrationError. */
export function connectionError(error: unknown): IntegrationError {
  if (error instanceof IntegrationError) return error
  if (error instanceof Expired) return new TimeoutError('sending', { cause: error, notExecuted: true })
  if (error instanceof ConnectRefused && error.isAuth) return new AuthError(error.message, { cause: error })
  if (error instanceof ConnectionEnded) {
    const { cause, notSent, retryable } = error
    const context = { cause: error, ...(notSent && { notExecuted: true }) }
    const original = cause instanceof ConnectionEnded ? cause : error
    if (original instanceof SocketFailed) return socketError(original, context)
    return new ConnectionError(error.message, { ...context, retryable })
  }
  const { name, message } = (error ?? {}) as Partial<Error>
  if (name === 'TimeoutError')
    return new ConnectionError('the broker did not answer in time', { cause: error })
  if (name === 'AbortError') return new ConnectionError('connecting was cancelled', { cause: error })
  return new ConnectionError(message ?? String(error), { cause: error })
}

/** Returns the error of an operation that the broker does not support. It was not sent. */
export function unsupported(operation: string): UnsupportedError {
  return new UnsupportedError(operation, { notExecuted: true, fault: 'local' })
}

function socketError({ where, cause, hint }: SocketFailed, context: ErrorContext): IntegrationError {
  // The error text of `ws` when the server refuses the WebSocket handshake.
  const [, status] = /^Unexpected server response: (40[13])$/.exec((cause as Error)?.message ?? '') ?? []
  if (status !== undefined)
    return new AuthError(`${where} refused the WebSocket handshake: HTTP ${status}`, context)
  const failure = socketFailure(cause ?? new Error('closed'), `connection to ${where}`, context)
  if (hint === undefined) return failure
  return new ConnectionError(`${failure.message}; ${hint}`, { ...context, retryable: failure.retryable })
}
