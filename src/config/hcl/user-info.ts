/**
 * Matches the user info of a URL or of `user:password@host` up to the last `@`, because a password may contain any
 * character. File paths may contain an `@` and have no user info.
 */
const USER_INFO = /(?<=(?<!\bfile):\/\/).+(?=@)|^[^\s/:@]*:(?!\/\/).+(?=@)/su
const QUOTED_USER_INFO = /(?<=(?<!\bfile):\/\/)[^\s"'`]+(?=@)|(?<=["'`])[^\s/:@"'`]*:(?!\/\/)[^\s"'`]+(?=@)/gu

/**
 * Tells whether a value may contain user info. It is stricter than `hasCredentials`, because it decides what is
 * shown.
 */
export function mayHoldUserInfo(value: string): boolean {
  return USER_INFO.test(value)
}

/** Masks the user info of a value. Call it before truncating the value, because the `@` marks the user info. */
export function withoutUserInfo(value: string): string {
  return value.replace(USER_INFO, '***')
}

/** Masks the user info of every quoted value in a sentence. */
export function withoutQuotedUserInfo(sentence: string): string {
  return sentence.replace(QUOTED_USER_INFO, '***')
}
