import { Buffer } from 'node:buffer'
import { AuthError } from '../../core/errors.js'
import type { AuthSettings } from '../../core/settings.js'

/**
 * The headers of every request, name after value as undici takes them: what the configuration adds, then ours.
 * The auth block goes before an `authorization` among the configured headers.
 * @throws AuthError for credentials that no header can carry
 */
export function requestHeaders(
  configured: Readonly<Record<string, string>>,
  auth: AuthSettings,
  integration: string,
): string[] {
  const headers = new Map<string, string>([
    ['content-type', 'application/json'],
    ['accept', 'application/json'],
    ['accept-encoding', 'gzip, br'],
  ])
  for (const [name, value] of Object.entries(configured)) headers.set(name.toLowerCase(), value)
  const authorization = authorizationOf(auth, integration)
  // Each request has a token of its own.
  if (auth.type === 'jwt' || auth.type === 'oauth2') headers.delete('authorization')
  if (authorization !== undefined) headers.set('authorization', authorization)
  return [...headers].flat()
}

function authorizationOf(auth: AuthSettings, integration: string): string | undefined {
  switch (auth.type) {
    case 'basic':
      // RFC 7617: the first colon ends the name.
      if (auth.username.includes(':'))
        throw new AuthError('a user name for basic authentication cannot hold a colon', { integration })
      return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
    case 'bearer':
      if (!/^[\x21-\x7e]+$/.test(auth.token))
        throw new AuthError(
          'the bearer token is empty or holds characters that an HTTP header cannot carry',
          { integration },
        )
      return `Bearer ${auth.token}`
    default:
      return undefined
  }
}
