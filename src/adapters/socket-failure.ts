import { AuthError, ConnectionError } from '../core/errors/connection.js'
import type { ErrorContext } from '../core/errors/context.js'
import { IntegrationError } from '../core/errors/integration-error.js'

const UNTRUSTED = 'TLS: the certificate is signed by an authority that is not trusted'

const NO_COMMON_CIPHER =
  'TLS: the handshake failed: the other side supports none of our ciphers, or has no certificate for this host name'
const WRONG_USE = 'TLS: the certificate must not be used for this'

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOENT: 'the socket does not exist',
  EACCES: 'the process lacks the permission to connect',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connecting timed out',
  UND_ERR_SOCKET: 'the other side closed the connection',
  UND_ERR_CLOSED: 'the connection was closed by us',
  UND_ERR_DESTROYED: 'the connection was closed by us',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer does not have the announced length',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS: the other side does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'TLS: the other side does not speak TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS: the certificate is for another host',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS: the other side supports no version that is new enough',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'TLS: the other side supports no version that is new enough',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: NO_COMMON_CIPHER,
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: NO_COMMON_CIPHER,
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'TLS: the other side does not know this host name',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'TLS: the other side does not speak this protocol',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS: the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_HAS_EXPIRED: 'TLS: the certificate has expired',
  CERT_NOT_YET_VALID: 'TLS: the certificate is not valid yet',
  CERT_REVOKED: 'TLS: the certificate is revoked',
  CERT_REJECTED: WRONG_USE,
  INVALID_PURPOSE: WRONG_USE,
  INVALID_CA: 'TLS: the certificate is signed by a certificate that must not sign',
}

/** Not retryable: a certificate or a setting has to be changed first. */
const LASTING = new Set([
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'INVALID_PURPOSE',
  'INVALID_CA',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY',
  'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
])

/** Code of the error that we make when a server closes the connection after our certificate without an alert. */
export const ENDED_AT_CERTIFICATE = 'ENDED_AT_CERTIFICATE'
/** Code that replaces the one of a refused handshake in which the server has asked for a client certificate. */
export const CERTIFICATE_WANTED = 'CERTIFICATE_WANTED'

/** Meanings of TLS alerts about our certificate, or the lack of one. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the other side requires a client certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the other side does not trust the authority of our certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the other side rejects our certificate',
  ERR_SSL_SSLV3_ALERT_NO_CERTIFICATE: 'the other side requires a client certificate',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'the other side does not support this kind of certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'our certificate is revoked',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'our certificate has expired',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the other side rejects our certificate',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'the other side denies access with our certificate',
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: 'the other side rejects our certificate',
  [CERTIFICATE_WANTED]: 'the other side requires a client certificate',
  [ENDED_AT_CERTIFICATE]: 'the other side closed the connection after receiving our certificate',
}

/** The codes of our own making, which messages do not show. */
const OWN_CODES = new Set([ENDED_AT_CERTIFICATE, CERTIFICATE_WANTED])

/** Returns the error of a connection that a server closed after our certificate, as some do, without an alert. */
export function endedAtCertificate(cause: Error): Error {
  return Object.assign(new Error(cause.message, { cause }), { code: ENDED_AT_CERTIFICATE })
}

export const HANDSHAKE_FAILURE = 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'

/** The codes of alerts that a server sends because of a certificate (RFC 8446, section 6.2). */
const ALERTS: Readonly<Record<string, string>> = {
  40: HANDSHAKE_FAILURE,
  42: 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  43: 'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  44: 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
  45: 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  46: 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  48: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  49: 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
  116: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
}

/**
 * Returns the code of an error, for an alert as before OpenSSL 3.5, which has renamed "sslv3 alert" to "ssl/tls alert".
 * An alert that arrives during a write has only its number, in the message.
 */
export function alertCode(error: unknown): string {
  const code = codeOf(error)
  if (code !== 'EPROTO') return code.replace('ERR_SSL_SSL/TLS_', 'ERR_SSL_SSLV3_')
  const [, number = ''] = /SSL alert number (\d+)/.exec((error as Error).message) ?? []
  return ALERTS[number] ?? code
}

/**
 * Converts an error of a socket or of TLS into an IntegrationError with a plain message; an IntegrationError is
 * returned as it is.
 * @param where the peer's name for the message
 * @returns AuthError if the peer rejects our certificate, otherwise ConnectionError
 */
export function socketFailure(error: unknown, where: string, context: ErrorContext = {}): IntegrationError {
  if (error instanceof IntegrationError) return error
  dropReceived(error)
  const code = codeOf(error)
  const plain = alertCode(error)
  const refused = REFUSALS[plain]
  if (refused !== undefined)
    return new AuthError(`${where}: TLS: ${refused}${OWN_CODES.has(code) ? '' : ` (${code})`}`, {
      ...context,
      cause: error,
    })
  const reason = (REASONS[plain] ?? otherReason(error, code)) + namesIn(error, code)
  const shown = code === '' || code.startsWith('UND_') ? '' : ` (${code})`
  return new ConnectionError(`${where}: ${reason}${shown}`, {
    ...(LASTING.has(plain) && { retryable: false }),
    ...context,
    cause: error,
  })
}

/**
 * Removes received data from errors of HTTP parsers, because it may repeat our credentials (undici: `data`; Node:
 * `rawPacket`).
 */
function dropReceived(error: unknown): void {
  if (!(error instanceof Error)) return
  const { code, name } = error as Error & { code?: unknown }
  if (name !== 'HTTPParserError' && !String(code).startsWith('HPE_')) return
  for (const field of ['data', 'rawPacket']) Reflect.deleteProperty(error, field)
}

/** Returns the expected name and the names in the certificate, in Node's words. */
function namesIn(error: unknown, code: string): string {
  const { reason } = error as { reason?: unknown }
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' && typeof reason === 'string' ? `: ${reason}` : ''
}

/** Returns the code of an error of Node or a client library; empty if it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

function otherReason(error: unknown, code: string): string {
  if (code.startsWith('HPE_')) return 'the answer is not HTTP'
  if (/^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|UNABLE_TO_|EPROTO)/.test(code)) return 'TLS: the handshake failed'
  const message = (error as { message?: unknown } | null)?.message
  return typeof message === 'string' && message !== '' ? message : 'the connection failed'
}
