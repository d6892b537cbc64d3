import { isSecretName } from '../core/secret-name.js'
import { AUTH_TYPES } from '../core/settings/auth.js'

/** Tells whether the value under a name is secret. In an `auth` block every value is. */
export function isSecretWithin(name: string, around: boolean): boolean {
  return around || name === 'auth' || isSecretName(name)
}

/** Tells whether a value is a valid `type` of an `auth` block. Any other value there may be a misplaced secret. */
export function isAuthType(value: unknown): boolean {
  return AUTH_TYPES.some((type) => type === value)
}

/** Tells whether a value is the content of a key file instead of its path. */
export function holdsKey(value: unknown): boolean {
  return typeof value === 'string' && value.includes('-----BEGIN')
}
