import { Buffer } from 'node:buffer'
import { AuthError } from '../core/errors/connection.js'
import type { AuthSettings } from '../core/settings/auth.js'

/**
 * Returns the value of an `authorization` header for a user name and a password (RFC 7617, section 2).
 * @throws AuthError if the user name contains a colon, which would end it
 */
export function basicCredentials(
  { username, password }: Extract<AuthSettings, { readonly type: 'basic' }>,
  integration: string,
): string {
  if (username.includes(':'))
    throw new AuthError('the user name for basic authentication must not contain a colon', { integration })
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
