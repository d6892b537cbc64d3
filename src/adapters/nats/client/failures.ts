import { ConnectionError } from '../../../core/errors/connection.js'
import { IntegrationError } from '../../../core/errors/integration-error.js'
import { socketFailure } from '../../socket-failure.js'

/** Returns the error of a cancelled connection attempt, or of a socket that broke. */
export function connectionFailure(where: string, cause: unknown): IntegrationError {
  if (cause instanceof IntegrationError) return cause
  const { name } = (cause ?? {}) as { name?: string }
  if (name === 'TimeoutError') return new ConnectionError(`${where} did not answer in time`, { cause })
  if (name === 'AbortError') return new ConnectionError(`connecting to ${where} was cancelled`, { cause })
  return socketFailure(cause, `the connection to ${where}`)
}

/** Returns the error of an operation without a connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected to NATS', { notExecuted: true })
}
