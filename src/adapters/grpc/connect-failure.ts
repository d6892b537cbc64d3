import { ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { endedAtCertificate, socketFailure } from '../socket-failure.js'
import type { Credentials } from './credentials.js'

/** Explains why no connection could be made. @param details the message of grpc-js */
export function connectFailure(
  details: string,
  credentials: Credentials,
  server: string,
  integration: string,
): IntegrationError {
  const failure = credentials.lastFailure()
  if (failure !== undefined) return socketFailure(failure, server, { integration })
  // Node's servers reject a certificate without a TLS alert.
  if (credentials.provesByCertificate && /Failed to connect|ECONNRESET/.test(details))
    return socketFailure(endedAtCertificate(new Error(details)), server, { integration })
  return new ConnectionError(`${server}: ${localReason(details)}`, { integration })
}

/** Extracts the reason from a message of grpc-js. */
export function localReason(details: string): string {
  const last = /Last error: (.*?)(?:\. Resolution note: .*)?$/s.exec(details)?.[1]
  const text = (last === undefined || last === 'null' ? details : last).replace(/^(Error: )+/, '')
  for (const [pattern, reason] of REASONS) if (pattern.test(text)) return reason
  return text
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'the connection was refused'],
  [/ECONNRESET|Connection dropped|socket hang up/, 'the connection was reset'],
  [/ENOTFOUND|EAI_AGAIN|Name resolution failed/, 'the host name is unknown'],
  [/^Failed to connect/, 'the other side does not speak HTTP/2, or ended the connection'],
]
