import { Buffer } from 'node:buffer'
import type { AuthSettings } from '../core/settings.js'
import type { Value } from '../core/value.js'

const MASK = '****'
/** A shorter secret is masked only as a whole word: it is part of many words. */
const LEAST_PART = 4
/** Tokens that are remembered: a late answer may repeat one that has been replaced. */
const MOST_TOKENS = 8
/** Names of headers and of parameters of a URL whose values are secrets. */
const SECRET_NAME = /auth|cookie|credential|key|passw|secret|session|sig|token/i

/**
 * Replaces secrets of ours in text of the other side, which may repeat what it was sent. Finds them in any case, as
 * they are, and as Base64, in a URL and in JSON.
 */
export class SecretMask {
  readonly #fixed = new Set<string>()
  readonly #tokens = new Set<string>()
  #pattern: RegExp | undefined

  constructor(secrets: Iterable<string | undefined> = []) {
    for (const secret of secrets) if (secret !== undefined) this.#fixed.add(secret)
  }

  /** Adds a token that was just sent. The oldest is forgotten beyond some number of them. */
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

  /** A value with each text in it masked, names of members included. */
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

/** The secrets of an `auth` block that travel to the other side. Tokens that are made are added as they are sent. */
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

/** The values of headers, or of metadata, that are secrets by their names: whole, and without a scheme. */
export function secretsInHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    SECRET_NAME.test(name) ? [value, value.replace(/^(basic|bearer|digest|token)\s+/i, '')] : [],
  )
}

/** The values in the query of an address or a path that are secrets by their names. */
export function secretsInQuery(address: string): readonly string[] {
  const start = address.indexOf('?')
  if (start < 0) return []
  const parameters = [...new URLSearchParams(address.slice(start))]
  return parameters.filter(([name]) => SECRET_NAME.test(name)).map(([, value]) => value)
}

function patternOf(secrets: readonly string[]): RegExp {
  const forms = new Set(secrets.flatMap(formsOf))
  forms.delete('')
  // The longest first: one may hold another.
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
    // Of lone surrogates, which no URL can carry, the bytes have none.
    encodeURIComponent(bytes.toString()),
    JSON.stringify(secret).slice(1, -1),
  ]
}

function partOf(form: string): string {
  const literal = form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return form.length < LEAST_PART ? `(?<![a-z0-9])${literal}(?![a-z0-9])` : literal
}
