import { isSecretName } from '../core/secret-name.js'
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

/**
 * User info up to the last `@`, of a URL and of `user:password@host`. A password that is not percent-encoded may hold
 * any character. Paths of files may hold an `@` and have no user info.
 */
const USER_INFO = /(?<=(?<!\bfile):\/\/).+(?=@)|^[^\s/:@]*:(?!\/\/).+(?=@)/su
const QUOTED_USER_INFO = /(?<=(?<!\bfile):\/\/)[^\s"'`]+(?=@)|(?<=["'`])[^\s/:@"'`]*:(?!\/\/)[^\s"'`]+(?=@)/gu

/** Whether a value may hold user info. Stricter than `hasCredentials`: it decides what is shown. */
export function mayHoldUserInfo(value: string): boolean {
  return USER_INFO.test(value)
}

/** A value with its user info masked. To be called before the value is cut: the `@` tells where user info is. */
export function withoutUserInfo(value: string): string {
  return value.replace(USER_INFO, '***')
}

/** A sentence with the user info of every value in it masked. */
export function withoutQuotedUserInfo(sentence: string): string {
  return sentence.replace(QUOTED_USER_INFO, '***')
}

/** Whether a value is what a file with a key holds, in place of the path of it. */
export function holdsKey(value: unknown): boolean {
  return typeof value === 'string' && value.includes('-----BEGIN')
}
