import { hash } from 'node:crypto'
import type { Caller, Credentials } from '../core/adapter/authentication.js'
import type { Clock } from '../core/clock.js'
import type { Identity } from '../core/identity.js'
import type { TokenRules } from '../core/settings/authentication.js'
import { bindingsOf, grantsOf, hasUnknownBinding, subjectOf } from './claims.js'
import type { DpopProofs } from './dpop.js'
import type { JsonObject } from './json-object.js'
import type { Scheme } from './scheme.js'
import { CheckUnavailable, TokenFault } from './token-fault.js'
import { VerifiedCache } from './verified-cache.js'

/** What a check has found out about a token. */
export interface CheckedToken {
  readonly claims: JsonObject
  /** When it expires, in epoch milliseconds. */
  readonly expiresAt: number
  /** How long the answer may be remembered, in epoch milliseconds. Default: `expiresAt`. */
  readonly rememberUntil?: number
}

/** Checks tokens, one way or the other. */
export interface TokenCheck {
  readonly scheme: 'jwt' | 'oauth2'
  /** Grows when tokens that were checked before must be checked again. */
  readonly generation: number
  /**
   * Called for each token that was checked before, so that what it was checked with does not become old.
   * @returns whether it need not be checked again
   */
  keepFresh(): boolean
  /** @throws TokenFault, CheckUnavailable */
  check(token: string): Promise<CheckedToken>
  close(): void
}

interface Remembered {
  readonly caller: Extract<Caller, { readonly kind: 'known' }>
  readonly key: string | undefined
  readonly certificate: string | undefined
}

/** Maximum memory of remembered tokens in bytes, as far as their length tells. */
const MOST_BYTES = 8 * 1024 * 1024
/** Maximum number of tokens that are checked at the same time. */
const MOST_CHECKS = 1_024
const ANONYMOUS: Caller = { kind: 'anonymous' }

/**
 * Authenticates callers by tokens in the header `authorization` (RFC 6750, RFC 9449). Checked tokens are remembered until
 * they expire, so that a known token costs a hash.
 */
export class TokenScheme implements Scheme {
  readonly name: TokenCheck['scheme']
  readonly #rules: TokenRules
  readonly #check: TokenCheck
  readonly #proofs: DpopProofs | undefined
  readonly #clock: Clock
  readonly #cache: VerifiedCache<Remembered>
  readonly #checking = new Map<string, Promise<Remembered>>()
  #generation = 0

  constructor(rules: TokenRules, check: TokenCheck, proofs: DpopProofs | undefined, clock: Clock) {
    this.name = check.scheme
    this.#rules = rules
    this.#check = check
    this.#proofs = proofs
    this.#clock = clock
    this.#cache = new VerifiedCache(rules.cacheSize, MOST_BYTES)
  }

  identify(credentials: Credentials): Caller | Promise<Caller> {
    const { authorization } = credentials
    if (authorization === undefined || authorization === '') return ANONYMOUS
    const space = authorization.indexOf(' ')
    const word = authorization.slice(0, space).toLowerCase()
    const token = authorization.slice(space + 1)
    if (word !== 'bearer' && word !== 'dpop') return invalid('expected a token of the scheme Bearer')
    if (token.length > this.#rules.maxToken) return invalid('the token is too long')
    if (token === '' || !/^[\x21-\x7e]+$/.test(token)) return invalid('the token is malformed')
    if (this.#generation !== this.#check.generation) this.#forgetAll()
    const digest = hash('sha256', token, 'base64url')
    const known = this.#check.keepFresh() ? this.#cache.get(digest, this.#clock.now()) : undefined
    const isProved = word === 'dpop'
    if (known !== undefined && !isProved) return this.#bound(known, credentials) ?? known.caller
    return this.#identifyLater(token, digest, known, isProved, credentials)
  }

  close(): void {
    this.#check.close()
  }

  async #identifyLater(
    token: string,
    digest: string,
    known: Remembered | undefined,
    isProved: boolean,
    credentials: Credentials,
  ): Promise<Caller> {
    try {
      const found = known ?? (await this.#checkOnce(token, digest))
      if (!isProved) return this.#bound(found, credentials) ?? found.caller
      if (this.#proofs === undefined) throw new TokenFault('this server does not accept proofs of possession')
      if (found.key === undefined) throw new TokenFault('the token is not bound to a key', true)
      await this.#proofs.check(credentials, digest, found.key)
      return this.#boundToCertificate(found, credentials) ?? found.caller
    } catch (error) {
      if (error instanceof TokenFault)
        return { kind: 'invalid', reason: error.message, ...(error.isProof && { isProof: true }) }
      const reason = error instanceof CheckUnavailable ? error.message : 'the token cannot be checked'
      return { kind: 'unavailable', reason }
    }
  }

  /** Checks that the token may be used without a proof, and by this caller. */
  #bound(found: Remembered, credentials: Credentials): Caller | undefined {
    if (found.key !== undefined) return invalid('the token needs a proof of possession', true)
    if (this.#rules.dpop?.isRequired === true)
      return invalid('expected a token with a proof of possession', true)
    return this.#boundToCertificate(found, credentials)
  }

  #boundToCertificate(found: Remembered, { certificate }: Credentials): Caller | undefined {
    if (found.certificate === undefined)
      return this.#rules.certificateBound ? invalid('the token is not bound to a certificate') : undefined
    // Both are public, so the comparison need not take the same time.
    return certificate?.()?.thumbprint === found.certificate
      ? undefined
      : invalid('the token is bound to another certificate')
  }

  /** Checks a token; calls with the same token at the same time share the check. */
  #checkOnce(token: string, digest: string): Promise<Remembered> {
    const before = this.#checking.get(digest)
    if (before !== undefined) return before
    if (this.#checking.size >= MOST_CHECKS)
      return Promise.reject(new CheckUnavailable('too many tokens are being checked'))
    const checked = this.#remember(token, digest).finally(() => this.#checking.delete(digest))
    this.#checking.set(digest, checked)
    return checked
  }

  async #remember(token: string, digest: string): Promise<Remembered> {
    const { claims, expiresAt, rememberUntil } = await this.#check.check(token)
    if (hasUnknownBinding(claims))
      throw new TokenFault('the token is bound to something that is not supported')
    const { sub } = claims
    if (sub !== undefined && typeof sub !== 'string')
      throw new TokenFault('the claim "sub" of the token must be a text')
    const identity: Identity = {
      subject: subjectOf(claims),
      ...grantsOf(claims, this.#rules),
      claims,
      scheme: this.#check.scheme,
    }
    const { key, certificate } = bindingsOf(claims)
    const found: Remembered = { caller: { kind: 'known', identity, expiresAt }, key, certificate }
    // A check may have fetched new keys.
    if (this.#generation !== this.#check.generation) this.#forgetAll()
    this.#cache.set(digest, found, rememberUntil ?? expiresAt, 512 + 4 * token.length)
    return found
  }

  #forgetAll(): void {
    this.#cache.clear()
    this.#generation = this.#check.generation
  }
}

function invalid(reason: string, isProof?: boolean): Caller {
  return { kind: 'invalid', reason, ...(isProof && { isProof: true }) }
}
