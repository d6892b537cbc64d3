import { createPublicKey, hash, type JsonWebKey } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { Credentials } from '../core/adapter/authentication.js'
import type { Clock } from '../core/clock.js'
import type { DpopSettings } from '../core/settings/authentication.js'
import type { Value } from '../core/value.js'
import { ASYMMETRIC, fits } from './algorithms.js'
import { headerOf, objectIn, verifiedPayload } from './compact-token.js'
import type { JsonObject } from './json-object.js'
import { CheckUnavailable, TokenFault } from './token-fault.js'

/** Maximum length of a proof in bytes. */
const LONGEST_PROOF = 8 * 1024
/** Maximum length of the id of a proof. */
const LONGEST_ID = 256

/** Checks proofs that the caller has the key of its token (RFC 9449, section 4.3). Each proof is accepted once. */
export class DpopProofs {
  readonly #settings: DpopSettings
  readonly #clock: Clock
  /** When each accepted proof becomes too old, in epoch milliseconds, by a hash of its id and its key. */
  readonly #seen = new Map<string, number>()

  constructor(settings: DpopSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Number of proofs that are remembered. */
  get size(): number {
    return this.#seen.size
  }

  /**
   * Checks the proof of a request.
   * @param tokenHash the SHA-256 of the token, in Base64url
   * @param thumbprint the thumbprint of the key that the token is bound to
   * @throws TokenFault, CheckUnavailable
   */
  async check({ proofs = [], request }: Credentials, tokenHash: string, thumbprint: string): Promise<void> {
    const [proof] = proofs
    if (proof === undefined || proofs.length > 1 || request === undefined)
      throw fault('expected one header DPoP with a proof')
    if (proof.length > LONGEST_PROOF) throw fault('the proof is too long')
    const { claims, jwk } = await verified(proof)
    if ((await calculateJwkThumbprint(jwk)) !== thumbprint) throw fault('the token is bound to another key')
    const { htm, htu, ath, iat, jti } = claims
    if (htm !== request.method) throw fault('the proof is for another HTTP method')
    if (typeof htu !== 'string' || !this.#isSameUrl(htu, request.url))
      throw fault('the proof is for another URL')
    if (ath !== tokenHash) throw fault('the proof is for another token')
    const { maxAgeMs } = this.#settings
    const now = this.#clock.now()
    if (typeof iat !== 'number' || Math.abs(now - iat * 1_000) > maxAgeMs)
      throw fault('the proof is not of this time')
    if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_ID) throw fault('the proof has no id')
    this.#acceptOnce(hash('sha256', `${thumbprint} ${jti}`, 'base64url'), iat * 1_000 + maxAgeMs, now)
  }

  #acceptOnce(id: string, until: number, now: number): void {
    if (this.#seen.has(id)) throw fault('the proof was used before')
    if (this.#seen.size >= this.#settings.maxProofs) this.#sweep(now)
    // To forget a proof that is still valid would accept it again.
    if (this.#seen.size >= this.#settings.maxProofs)
      throw new CheckUnavailable('too many proofs of possession were made in a short time')
    this.#seen.set(id, until)
  }

  #sweep(now: number): void {
    for (const [id, until] of this.#seen) if (until < now) this.#seen.delete(id)
  }

  /** Compares two URLs without query and fragment. */
  #isSameUrl(claimed: string, actual: string): boolean {
    if (!URL.canParse(claimed) || !URL.canParse(actual)) return false
    const { publicUrl } = this.#settings
    const seen = new URL(actual)
    const { origin } = publicUrl === undefined ? seen : new URL(publicUrl)
    const { origin: claimedOrigin, pathname } = new URL(claimed.replace(/^ws/i, 'http'))
    return claimedOrigin === origin && pathname === seen.pathname
  }
}

/** Verifies a proof with the key that it has. */
async function verified(proof: string): Promise<{ readonly claims: JsonObject; readonly jwk: JWK }> {
  try {
    const { typ, jwk } = headerOf(proof)
    if (typ !== 'dpop+jwt') throw fault('expected a proof of the type dpop+jwt')
    const key = keyOf(jwk)
    const find = (_kid: string | undefined, algorithm: string) => {
      if (key === undefined || !fits(key, algorithm)) throw fault('the key of the proof is not allowed')
      return key
    }
    const { payload } = await verifiedPayload(proof, ASYMMETRIC, { find })
    return { claims: objectIn(payload, 'payload'), jwk: jwk as unknown as JWK }
  } catch (error) {
    const { message } = error as Error
    throw fault(message.replace('the token', 'the proof'))
  }
}

/** Returns the public key in the header of a proof. A private key or a secret in it is not accepted. */
function keyOf(jwk: Value | undefined) {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return undefined
  const { kty, d } = jwk as JsonObject
  if (kty === 'oct' || d !== undefined) return undefined
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}

function fault(reason: string): TokenFault {
  return new TokenFault(reason, true)
}
