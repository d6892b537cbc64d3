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
