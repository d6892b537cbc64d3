/*
 * Credentials in addresses. A password may contain any character, also those that end the host of a URL, so that
 * nothing here relies on a parsed URL: user info reaches up to the last `@`. Parameters of a query are secret by their names.
 */

import { isSecretName } from './secret-name.js'

/** What is shown in place of credentials. */
const MASK = '***'
/** File paths may contain an `@` and have no user info. */
const SCHEME_END = /(?<!\bfile):\/\//
const URL_START = /^([a-z][a-z\d+.-]*):\/\//i
const UNIX_START = /^(?:[a-z]+\+)?unix:/i
/** A parameter of a query: its name, and its value. */
const PARAMETER = /([?&]([^=&#?\s"']+)=)([^&#\s"']+)/g
/** A host with an optional port. */
const PLAIN_AUTHORITY = /^(?:\[[^\]]*\]|[^\s:@]*)(?::\d{1,5})?$/
/** The schemes whose addresses may have a path, in which an `@` is not unusual. */
const WITH_PATH = /^(?:http|https|ws|wss)$/i

/**
 * Tells whether an address of an endpoint contains credentials.
 * @param knownSchemes whether the protocol has no other addresses with a path than those of HTTP and WebSocket
 */
export function hasCredentials(address: string, knownSchemes = true): boolean {
  const at = address.lastIndexOf('@')
  if (at === -1) return false
  const unix = UNIX_START.exec(address)
  if (unix !== null)
    return (
      !/^(?:\/(?!\/)|\/\/\/)/.test(address.slice(unix[0].length)) && address.includes(':', unix[0].length)
    )
  const [start = '', scheme] = URL_START.exec(address) ?? []
  const rest = address.slice(start.length)
  const authority = /^[^/?#]*/.exec(rest)![0]
  if (authority.includes('@') || !PLAIN_AUTHORITY.test(authority)) return true
  return scheme === undefined ? knownSchemes : knownSchemes && !WITH_PATH.test(scheme)
}

/** Shows an address of an endpoint without credentials. */
export function maskedAddress(address: string): string {
  return withoutSecretParameters(withoutCredentials(address))
}

function withoutCredentials(address: string): string {
  if (UNIX_START.test(address) && !hasCredentials(address)) return address
  const at = address.lastIndexOf('@')
  const start = (URL_START.exec(address) ?? UNIX_START.exec(address))?.[0].length ?? 0
  return at < start ? address : `${address.slice(0, start)}${MASK}${address.slice(at)}`
}

/** Why an address with credentials is refused. */
export function credentialsInside(address: string): string {
  return `credentials belong in the \`auth\` block: remove them from the address ${JSON.stringify(maskedAddress(address))}, or write an "@" that does not end credentials as "%40"`
}

/**
 * Tells whether any value of a configuration may contain user info. It decides what is shown, and takes values for
 * addresses that are none.
 */
export function mayHoldUserInfo(value: string): boolean {
  return userInfoStart(value) !== -1 || withoutSecretParameters(value) !== value
}

/** Masks the user info of a value. Call it before truncating the value, because the `@` marks the user info. */
export function withoutUserInfo(value: string): string {
  const start = userInfoStart(value)
  const shown = start === -1 ? value : `${value.slice(0, start)}${MASK}${value.slice(value.lastIndexOf('@'))}`
  return withoutSecretParameters(shown)
}

/** Masks the user info of every quoted value in a sentence. */
export function withoutQuotedUserInfo(sentence: string): string {
  if (!/[@=]/.test(sentence)) return sentence
  return sentence.replace(/[^\s"'`]+/g, (word, offset: number) => {
    const isQuoted = offset > 0 && '"\'`'.includes(sentence[offset - 1]!)
    return isQuoted || SCHEME_END.test(word) ? withoutUserInfo(word) : word
  })
}

/** Masks the values of parameters such as `?api_key=`. */
export function withoutSecretParameters(value: string): string {
  if (!value.includes('=')) return value
  return value.replace(PARAMETER, (all, start: string, name: string) =>
    isSecretName(name) ? `${start}${MASK}` : all,
  )
}

/** Returns where the user info of a URL or of `user:password@host` begins; -1 if there is none. */
function userInfoStart(value: string): number {
  const at = value.lastIndexOf('@')
  if (at === -1) return -1
  const scheme = value.search(SCHEME_END)
  if (scheme !== -1 && scheme + 3 < at) return scheme + 3
  const [user] = /^[^\s/:@]*:(?!\/\/)/.exec(value) ?? []
  return user !== undefined && user.length < at ? 0 : -1
}
