import type { Clock } from '../core/clock.js'
import type { JwtVerification } from '../core/settings/authentication.js'
import { objectIn, verifiedPayload } from './compact-token.js'
import type { JsonObject } from './json-object.js'
import type { KeySource } from './keys.js'
import { TokenFault } from './token-fault.js'
import type { CheckedToken, TokenCheck } from './token-scheme.js'

/** Verifies JSON Web Tokens (RFC 7519, RFC 8725). */
export class JwtCheck implements TokenCheck {
  readonly scheme = 'jwt'
  readonly #settings: JwtVerification
  readonly #keys: KeySource
  readonly #clock: Clock

  constructor(settings: JwtVerification, keys: KeySource, clock: Clock) {
    this.#settings = settings
    this.#keys = keys
    this.#clock = clock
  }

  get generation(): number {
    return this.#keys.generation
  }

  keepFresh(): boolean {
    return this.#keys.keepFresh()
  }

  async check(token: string): Promise<CheckedToken> {
    const { algorithms, tokenType } = this.#settings
    const { header, payload } = await verifiedPayload(token, algorithms, this.#keys)
    if (tokenType !== undefined && typeOf(header.typ) !== typeOf(tokenType))
      throw new TokenFault('the token is of another type')
    const claims = objectIn(payload, 'payload')
    return { claims, expiresAt: checkClaims(claims, this.#settings, this.#clock.now()) }
  }

  close(): void {
    this.#keys.close()
  }
}

/** A type without the prefix that may be left out (RFC 7515, section 4.1.9). */
function typeOf(type: unknown): unknown {
  return typeof type === 'string' ? type.toLowerCase().replace(/^application\//, '') : undefined
}

type ClaimRules = Pick<JwtVerification, 'issuers' | 'audiences' | 'requiredClaims' | 'clockToleranceMs'>

/**
 * Checks the registered claims (RFC 7519, section 4.1).
 * @param now epoch milliseconds
 * @returns when the token expires, in epoch milliseconds
 * @throws TokenFault
 */
function checkClaims(claims: JsonObject, rules: ClaimRules, now: number): number {
  const { issuers, audiences, requiredClaims, clockToleranceMs } = rules
  const missing = requiredClaims.find((name) => !Object.hasOwn(claims, name))
  if (missing !== undefined) throw new TokenFault(`the token lacks the claim "${missing}"`)
  const { iss, aud, exp, nbf, iat } = claims
  if (issuers.length > 0 && !issuers.some((issuer) => issuer === iss))
    throw new TokenFault('the token is from another issuer')
  const named = Array.isArray(aud) ? aud : [aud]
  if (audiences.length > 0 && !audiences.some((audience) => named.includes(audience)))
    throw new TokenFault('the token is for another audience')
  for (const [name, time] of Object.entries({ exp, nbf, iat }))
    if (time !== undefined && !Number.isFinite(time))
      throw new TokenFault(`the claim "${name}" of the token must be a number`)
  if (typeof nbf === 'number' && nbf * 1_000 > now + clockToleranceMs)
    throw new TokenFault('the token is not valid yet')
  if (typeof exp !== 'number') return Number.POSITIVE_INFINITY
  const expiresAt = exp * 1_000 + clockToleranceMs
  if (expiresAt <= now) throw new TokenFault('the token has expired')
  return expiresAt
}
