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

interface Seen {
  /** Thumbprint of the key. */
  readonly key: string
  /** When it becomes too old, in epoch milliseconds. */
  readonly until: number
}

/** Checks proofs that the caller has the key of its token (RFC 9449, section 4.3). Each proof is accepted once. */
export class DpopProofs {
  readonly #settings: DpopSettings
  readonly #clock: Clock
  /** Each accepted proof by a hash of its id and its key. */
  readonly #seen = new Map<string, Seen>()
  /** Number of accepted proofs of each key. */
  readonly #counts = new Map<string, number>()
  /** When the next of them may be forgotten, in epoch milliseconds. */
  #sweepAt = Number.POSITIVE_INFINITY

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
    const seen: Seen = { key: thumbprint, until: iat * 1_000 + maxAgeMs }
    this.#acceptOnce(hash('sha256', `${thumbprint} ${jti}`, 'base64url'), seen, now)
  }

  #acceptOnce(id: string, seen: Seen, now: number): void {
    if (this.#seen.has(id)) throw fault('the proof was used before')
    if (!this.#hasRoom(seen.key)) this.#sweep(now)
    // To forget a proof that is still valid would accept it again.
    if (!this.#hasRoom(seen.key))
      throw new CheckUnavailable('too many proofs of possession were made in a short time')
    this.#seen.set(id, seen)
    this.#counts.set(seen.key, this.#countOf(seen.key) + 1)
    this.#sweepAt = Math.min(this.#sweepAt, seen.until)
  }

  /** Whether another proof of a key can be remembered. A key may have half of what all others leave. */
  #hasRoom(key: string): boolean {
    const count = this.#countOf(key)
    const others = this.#seen.size - count
    const { maxProofs } = this.#settings
    return count === 0 ? others < maxProofs : count + 1 <= (maxProofs - others) / 2
  }

  #countOf(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  /** Forgets what is too old. A caller that fills the room must not cause a sweep with each request. */
  #sweep(now: number): void {
    if (now <= this.#sweepAt) return
    this.#sweepAt = Number.POSITIVE_INFINITY
    for (const [id, { key, until }] of this.#seen)
      if (until < now) this.#forget(id, key)
      else this.#sweepAt = Math.min(this.#sweepAt, until)
  }

  #forget(id: string, key: string): void {
    this.#seen.delete(id)
    const left = this.#countOf(key) - 1
    if (left > 0) this.#counts.set(key, left)
    else this.#counts.delete(key)
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
