import { ConnectionError, type ErrorContext, IntegrationError } from '../../core/errors.js'

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection could not be made in time',
  UND_ERR_SOCKET: 'the other side closed the connection',
  UND_ERR_CLOSED: 'the connection was closed by us',
  UND_ERR_DESTROYED: 'the connection was closed by us',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer has not the length that it announced',
  ERR_SSL_WRONG_VERSION_NUMBER: 'TLS: the other side does not speak TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS: the certificate is for another host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS: the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS: the certificate is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS: the certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS: the certificate is signed by an authority that is not trusted',
  CERT_HAS_EXPIRED: 'TLS: the certificate has expired',
  CERT_NOT_YET_VALID: 'TLS: the certificate is not valid yet',
}

/** No connection could be made to any address, so nothing was sent. Its users see a plain ConnectionError. */
export class UnreachableError extends ConnectionError {
  constructor(reason: string, context: ErrorContext) {
    super(reason, context)
    this.name = 'ConnectionError'
  }
}

/** An error of a socket, of TLS or of undici as one of ours. Names the origin, never the path, which may hold a key. */
export function socketError(error: unknown, origin: string, integration: string): IntegrationError {
  if (error instanceof IntegrationError) return error
  const code = codeOf(error)
  const reason = REASONS[code] ?? otherReason(error, code)
  const shown = code === '' || code.startsWith('UND_') ? '' : ` (${code})`
  return new ConnectionError(`${origin}: ${reason}${shown}`, { integration, cause: error })
}

/** The code of an error of Node or undici; empty when it has none. */
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
