import { AuthError, ConnectionError, IntegrationError } from '../../../core/errors.js'
import { socketFailure } from '../../socket-failure.js'

/** What a server says of credentials that it does not accept (any more). */
const AUTH_REFUSAL = /authorization violation|authentication (expired|revoked|timeout)|user authentication/i

/** The error of a server that ends a connection with -ERR. Its texts name no secrets. */
export function refusal(where: string, text: string): AuthError | ConnectionError {
  if (AUTH_REFUSAL.test(text)) return new AuthError(`${where} refuses the credentials: ${text}`)
  return new ConnectionError(`${where} ended the connection: ${text}`)
}

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
  return new ConnectionError('not connected to NATS')
}
