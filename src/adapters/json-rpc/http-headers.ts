import { AuthError } from '../../core/errors/connection.js'
import type { AuthSettings } from '../../core/settings/auth.js'
import { basicCredentials } from '../basic-credentials.js'

/**
 * Builds the headers of every request in the form that undici expects (name, value, name, value). The `auth` block
 * overrides a configured `authorization` header.
 * @throws AuthError if a header cannot carry the credentials
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
  // The token is added to each request.
  if (auth.type === 'jwt' || auth.type === 'oauth2') headers.delete('authorization')
  if (authorization !== undefined) headers.set('authorization', authorization)
  return [...headers].flat()
}

function authorizationOf(auth: AuthSettings, integration: string): string | undefined {
  switch (auth.type) {
    case 'basic':
      return basicCredentials(auth, integration)
    case 'bearer':
      if (!/^[\x21-\x7e]+$/.test(auth.token))
        throw new AuthError('the bearer token must be non-empty printable ASCII without spaces', {
          integration,
        })
      return `Bearer ${auth.token}`
    default:
      return undefined
  }
}
