import { AuthError, ConnectionError, type ErrorContext, IntegrationError } from '../core/errors.js'

const UNTRUSTED = 'TLS: the certificate is signed by an authority that is not trusted'

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOENT: 'there is no such socket',
  EACCES: 'we may not connect to it',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection could not be made in time',
  UND_ERR_SOCKET: 'the other side closed the connection',
  UND_ERR_CLOSED: 'the connection was closed by us',
  UND_ERR_DESTROYED: 'the connection was closed by us',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer has not the length that it announced',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS: the other side does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'TLS: the other side does not speak TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS: the certificate is for another host',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS: the other side has no version that is new enough',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'TLS: the other side has no version that is new enough',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS: the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_HAS_EXPIRED: 'TLS: the certificate has expired',
  CERT_NOT_YET_VALID: 'TLS: the certificate is not valid yet',
}

/** Waiting does not mend these: somebody has to replace a certificate or change the settings. */
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
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
])

/** The code of an error that we make of the end of a connection, where a server refuses without an alert. */
export const ENDED_AT_CERTIFICATE = 'ENDED_AT_CERTIFICATE'

/** What the other side says in its TLS alert when it does not take our certificate, or we show none. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the other side wants a client certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the other side does not trust the authority of our certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the other side does not take our certificate',
  ERR_SSL_SSLV3_ALERT_NO_CERTIFICATE: 'the other side wants a client certificate',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'the other side does not take certificates of this kind',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'our certificate is revoked',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'our certificate has expired',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the other side does not take our certificate',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'the other side does not admit our certificate',
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: 'the other side does not take our certificate',
  [ENDED_AT_CERTIFICATE]: 'the other side ended the connection when it had seen our certificate',
}

/**
 * An error of a socket or of TLS as one of ours, in plain words; an error that is ours already stays as it is.
 * @param where whom it was about: what a message may show
 * @returns AuthError when the other side refuses our certificate, else ConnectionError
 */
export function socketFailure(error: unknown, where: string, context: ErrorContext = {}): IntegrationError {
  if (error instanceof IntegrationError) return error
  dropReceived(error)
  const code = codeOf(error)
  // What OpenSSL called "sslv3 alert" is "ssl/tls alert" from version 3.5 on.
  const refused = REFUSALS[code.replace('ERR_SSL_SSL/TLS_', 'ERR_SSL_SSLV3_')]
  if (refused !== undefined)
    return new AuthError(`${where}: TLS: ${refused}${code === ENDED_AT_CERTIFICATE ? '' : ` (${code})`}`, {
      ...context,
      cause: error,
    })
  const reason = (REASONS[code] ?? otherReason(error, code)) + namesIn(error, code)
  const shown = code === '' || code.startsWith('UND_') ? '' : ` (${code})`
  return new ConnectionError(`${where}: ${reason}${shown}`, {
    ...(LASTING.has(code) && { retryable: false }),
    ...context,
    cause: error,
  })
}

/** Errors of HTTP parsers hold what was received, which may repeat credentials of ours (undici: `data`; Node: `rawPacket`). */
function dropReceived(error: unknown): void {
  if (!(error instanceof Error)) return
  const { code, name } = error as Error & { code?: unknown }
  if (name !== 'HTTPParserError' && !String(code).startsWith('HPE_')) return
  for (const field of ['data', 'rawPacket']) Reflect.deleteProperty(error, field)
}

/** Which name was expected, and which the certificate has, in Node's words. */
function namesIn(error: unknown, code: string): string {
  const { reason } = error as { reason?: unknown }
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' && typeof reason === 'string' ? `: ${reason}` : ''
}

/** The code of an error of Node or of a client library; empty when it has none. */
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
