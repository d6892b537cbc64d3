import { AuthError, ConnectionError, IntegrationError } from '../../core/errors.js'
import { socketFailure as plainSocketFailure } from '../socket-failure.js'
import { describeReason } from './client/reason-codes.js'
import type { BrokerAddress } from './endpoint.js'

/** Reason codes of CONNACK that mean: these credentials will not do (3.1.1: 4, 5; 5: the others). */
const AUTH_REFUSALS = new Set([0x04, 0x05, 0x86, 0x87, 0x8c])

/** Reason codes of CONNACK from a broker that does not speak the version (3.1.1: 1; 5: the others). */
const VERSION_REFUSALS = new Set([0x01, 0x81, 0x82, 0x84])

/** Reason codes of a refusal that trying again will not change. */
const FINAL_REFUSALS = new Set([0x02, 0x85, 0x8a, 0x9d])

/** The broker did not accept the protocol version, or fell silent over it: an older one may do. */
export class VersionRefused extends Error {
  readonly failure: ConnectionError
  constructor(failure: ConnectionError) {
    super(failure.message)
    this.failure = failure
  }
}

/** The error of a socket that could not be opened. */
export function connectFailure(address: BrokerAddress, cause: unknown): IntegrationError {
  if (cause instanceof IntegrationError) return cause
  const where = `${address.host}:${address.port}`
  if ((cause as Error | undefined)?.name === 'TimeoutError')
    return new ConnectionError(`no answer from ${where} in time`, { cause })
  if ((cause as Error | undefined)?.name === 'AbortError')
    return new ConnectionError(`connecting to ${where} was given up`, { cause })
  return socketFailure(where, cause)
}

/** The error of a socket that broke. */
export function socketFailure(where: string, cause: unknown): IntegrationError {
  // What `ws` says when the server does not let the WebSocket handshake through.
  const [, status] = /^Unexpected server response: (40[13])$/.exec((cause as Error)?.message ?? '') ?? []
  if (status !== undefined)
    return new AuthError(`${where} refuses the WebSocket handshake: HTTP ${status}`, { cause })
  return plainSocketFailure(cause ?? new Error('closed'), `connection to ${where}`)
}

/** The error of a CONNACK that refuses. */
export function refusal(where: string, code: number): IntegrationError | VersionRefused {
  const text = `${where} refuses the connection: ${describeReason(code)}`
  if (AUTH_REFUSALS.has(code)) return new AuthError(text)
  const failure = new ConnectionError(text, { retryable: !FINAL_REFUSALS.has(code) })
  return VERSION_REFUSALS.has(code) ? new VersionRefused(failure) : failure
}
