import { isSecretName } from '../core/secret-name.js'

export { mayHoldUserInfo, withoutUserInfo } from './hcl/user-info.js'

import { AUTH_TYPES } from '../core/settings.js'

export { isSecretName }

/** Whether the value under a name is secret. In an `auth` block every value is. */
export function hiddenIn(name: string, around: boolean): boolean {
  return around || name === 'auth' || isSecretName(name)
}

/** Whether a value is the `type` of an `auth` block as it should be. Anything else there may be a misplaced secret. */
export function isAuthType(value: unknown): boolean {
  return AUTH_TYPES.some((type) => type === value)
}

/** Whether a text is a URL with the name of a user or a password in it. */
export function hasCredentials(text: string): boolean {
  return /:\/\/[^/?#\s]*@/.test(text)
}

/** Whether a value is what a file with a key holds, in place of the path of it. */
export function holdsKey(value: unknown): boolean {
  return typeof value === 'string' && value.includes('-----BEGIN')
}
