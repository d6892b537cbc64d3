import type { TokenEndpointResponse } from 'oauth4webapi'
import { AuthError, ConnectionError } from '../core/errors.js'
import { retryAfterMs } from './retry-after.js'
import type { FreshToken } from './token.js'

/**
 * What keeps an answer from being a token; undefined when it may be one.
 * @param now gives epoch milliseconds
 */
export async function refusalOf(
  response: Response,
  integration: string,
  now: () => number,
): Promise<AuthError | ConnectionError | undefined> {
  const { status } = response
  if (status === 200) return undefined
  if (status === 429 || status >= 500) {
    const wait = retryAfterMs(response.headers.get('retry-after') ?? undefined, now)
    return new ConnectionError(`the token endpoint is unavailable (HTTP ${status})`, {
      integration,
      errorClass: status === 429 ? 'rate-limited' : 'service-unavailable',
      ...(wait !== undefined && { retryAfterMs: wait }),
    })
  }
  const code = codeIn(await response.text())
  return new AuthError(`the token endpoint gives no token (HTTP ${status}${code})`, { integration })
}

/** Reads a grant. @throws AuthError when the token cannot be used */
export function readGrant(grant: TokenEndpointResponse, integration: string): FreshToken {
  const { access_token: token, token_type: type, expires_in: seconds } = grant
  if (type !== 'bearer')
    throw new AuthError('the token endpoint gives a token of another type than Bearer', { integration })
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new AuthError('the token endpoint gives a token that no header can carry', { integration })
  return { token, ...(seconds !== undefined && { lifetimeMs: seconds * 1_000 }) }
}

/** The codes of RFC 6749, section 5.2, and RFC 8707. A description beside them may repeat what we sent: our secret. */
const CODES = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
]

function codeIn(body: string): string {
  try {
    const { error } = JSON.parse(body)
    return CODES.includes(error) ? `: ${error}` : ''
  } catch {
    return ''
  }
}
