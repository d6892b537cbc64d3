import type { TokenEndpointResponse } from 'oauth4webapi'
import { AuthError, ConnectionError } from '../core/errors/connection.js'
import { retryAfterMs } from './retry-after.js'
import type { FreshToken } from './token.js'

/**
 * Checks the status of an answer of the token endpoint; returns `undefined` if it may hold a token.
 * @param now returns epoch milliseconds
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
  return new AuthError(`the token endpoint refused a token (HTTP ${status}${code})`, { integration })
}

/** Reads the token of a grant. @throws AuthError if the token is unusable */
export function readGrant(grant: TokenEndpointResponse, integration: string): FreshToken {
  const { access_token: token, token_type: type, expires_in: seconds } = grant
  if (type !== 'bearer')
    throw new AuthError('expected a token of type Bearer from the token endpoint, found another type', {
      integration,
    })
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new AuthError('the token endpoint returned a token with characters that a header cannot carry', {
      integration,
    })
  return { token, ...(seconds !== undefined && { lifetimeMs: seconds * 1_000 }) }
}

/**
 * Error codes of RFC 6749 (section 5.2) and RFC 8707. Only these are shown, because an accompanying description may
 * repeat the client secret.
 */
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
