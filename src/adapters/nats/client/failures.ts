import { ConnectionError, IntegrationError } from '../../../core/errors.js'
import { socketFailure } from '../../socket-failure.js'

/** The error of an attempt that was given up, or of a socket that broke. */
export function connectionFailure(where: string, cause: unknown): IntegrationError {
  if (cause instanceof IntegrationError) return cause
  const { name } = (cause ?? {}) as { name?: string }
  if (name === 'TimeoutError') return new ConnectionError(`no answer from ${where} in time`, { cause })
  if (name === 'AbortError') return new ConnectionError(`connecting to ${where} was given up`, { cause })
  return socketFailure(cause, `the connection to ${where}`)
}

/** What operations get while there is no connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected to NATS', { notExecuted: true })
}
