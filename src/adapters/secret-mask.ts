import { Buffer } from 'node:buffer'
import type { AuthSettings } from '../core/settings/auth.js'
import type { Value } from '../core/value.js'

const MASK = '****'
/** A shorter secret is masked only as a whole word, because it occurs inside many words. */
const LEAST_PART = 4
/** Number of recent tokens to mask, because a late answer may repeat a replaced one. */
const MOST_TOKENS = 8
/** Names of headers and URL parameters whose values are secrets. */
const SECRET_NAME = /auth|cookie|credential|key|passw|secret|session|sig|token/i

/**
 * Masks our secrets in texts of the other side, which may repeat what it received. Finds them in any case, plain
 * and as Base64, in URLs and in JSON.
 */
export class SecretMask {
  readonly #fixed = new Set<string>()
  readonly #tokens = new Set<string>()
  #pattern: RegExp | undefined

  constructor(secrets: Iterable<string | undefined> = []) {
    for (const secret of secrets) if (secret !== undefined) this.#fixed.add(secret)
  }

  /** Adds a token that was just sent. Only the most recent tokens are kept. */
  addToken(token: string): void {
    if (this.#tokens.delete(token)) return void this.#tokens.add(token)
    this.#tokens.add(token)
    for (const oldest of this.#tokens) if (this.#tokens.size > MOST_TOKENS) this.#tokens.delete(oldest)
    this.#pattern = undefined
  }

  text(text: string): string {
    this.#pattern ??= patternOf([...this.#fixed, ...this.#tokens])
    return text.replace(this.#pattern, MASK)
  }

  /** Returns a value with all its strings masked, including the names of members. */
  value<T extends Value | undefined>(value: T): T
  value(value: Value | undefined): Value | undefined {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return (value as readonly Value[]).map((item) => this.value(item))
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [this.text(name), this.value(member)]),
    )
  }
}

/**
 * Returns the secrets of an `auth` block that are sent to the other side. Generated tokens are added as they are
 * sent.
 */
export function secretsOf(auth: AuthSettings): readonly string[] {
  switch (auth.type) {
    case 'basic':
    case 'password':
      return [auth.password, `${auth.username ?? ''}:${auth.password}`]
    case 'bearer':
    case 'token':
      return [auth.token]
    case 'oauth2':
      return [auth.clientSecret]
    case 'jwt':
      return auth.key.kind === 'secret' ? [auth.key.secret] : []
    case 'nkey':
      return [auth.seed]
    default:
      return []
  }
}

/** Returns the values of headers or metadata with secret names, with and without an authentication scheme. */
export function secretsInHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    SECRET_NAME.test(name) ? [value, value.replace(/^(basic|bearer|digest|token)\s+/i, '')] : [],
  )
}

/** Returns the values of query parameters with secret names. */
export function secretsInQuery(address: string): readonly string[] {
  const start = address.indexOf('?')
  if (start < 0) return []
  const parameters = [...new URLSearchParams(address.slice(start))]
  return parameters.filter(([name]) => SECRET_NAME.test(name)).map(([, value]) => value)
}

function patternOf(secrets: readonly string[]): RegExp {
  const forms = new Set(secrets.flatMap(formsOf))
  forms.delete('')
  // Longest first, because one form may contain another.
  const parts = [...forms].sort((a, b) => b.length - a.length).map(partOf)
  return new RegExp(parts.length === 0 ? '(?!)' : parts.join('|'), 'gi')
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const base64 = bytes.toString('base64')
  return [
    secret,
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    // The bytes contain no lone surrogates, which `encodeURIComponent` rejects.
    encodeURIComponent(bytes.toString()),
    JSON.stringify(secret).slice(1, -1),
  ]
}

function partOf(form: string): string {
  const literal = form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return form.length < LEAST_PART ? `(?<![a-z0-9])${literal}(?![a-z0-9])` : literal
}
