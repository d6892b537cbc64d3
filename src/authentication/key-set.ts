import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { sharedController } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import type { KeySetSettings } from '../core/settings/authentication.js'
import type { Logger } from '../core/telemetry.js'
import type { Value } from '../core/value.js'
import { ASYMMETRIC, fits } from './algorithms.js'
import type { KeySource } from './keys.js'
import { CheckUnavailable, TokenFault } from './token-fault.js'

/** Fetches a key set. @throws when it cannot be had, with a reason that may be logged */
export type FetchKeys = (signal: AbortSignal) => Promise<{ readonly keys: readonly Value[] }>

/** Maximum number of keys that are taken from a set. */
const MOST_KEYS = 100
/** The pause after a failed fetch while there are no keys, in milliseconds: nobody can be authenticated then. */
const URGENT_PAUSE_MS = 1_000

interface PublicKey {
  readonly kid: string | undefined
  /** The only algorithm of the key, if it names one. */
  readonly algorithm: string | undefined
  readonly key: KeyObject
}

/**
 * The keys that an identity provider publishes (RFC 7517). They are fetched when the first token arrives, when they are
 * older than `maxAge`, and when a token names an unknown key, but then at most once per `cooldown`. One fetch is in
 * flight at a time. While the provider is away, the keys stay in use for `maxStale`.
 */
export class KeySet implements KeySource {
  readonly #settings: KeySetSettings
  readonly #fetch: FetchKeys
  readonly #clock: Clock
  readonly #log: Logger
  #keys: readonly PublicKey[] = []
  #text = ''
  #generation = 0
  #fetchedAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #hasFailed = false
  #inFlight: { readonly done: Promise<void>; readonly stop: AbortController } | undefined

  constructor(settings: KeySetSettings, fetch: FetchKeys, { clock, log }: { clock: Clock; log: Logger }) {
    this.#settings = settings
    this.#fetch = fetch
    this.#clock = clock
    this.#log = log
  }

  get generation(): number {
    return this.#generation
  }

  find(kid: string | undefined, algorithm: string): KeyObject | Promise<KeyObject> {
    const key = this.#areUsable ? this.#match(kid, algorithm) : undefined
    if (key === undefined) return this.#findLater(kid, algorithm)
    this.keepFresh()
    return key
  }

  keepFresh(): boolean {
    if (!this.#areUsable) return false
    // Nobody waits for the newer keys.
    if (this.#age >= this.#settings.maxAgeMs && this.#mayTry) void this.#refresh()
    return true
  }

  close(): void {
    this.#inFlight?.stop.abort(new Error('the server has stopped'))
  }

  get #age(): number {
    return this.#clock.monotonic() - this.#fetchedAt
  }

  get #areUsable(): boolean {
    return this.#age < this.#settings.maxAgeMs + this.#settings.maxStaleMs
  }

  get #mayTry(): boolean {
    const { cooldownMs } = this.#settings
    const pause = this.#areUsable ? cooldownMs : Math.min(cooldownMs, URGENT_PAUSE_MS)
    return this.#clock.monotonic() - this.#triedAt >= pause
  }

  async #findLater(kid: string | undefined, algorithm: string): Promise<KeyObject> {
    if (this.#inFlight !== undefined || this.#mayTry) await this.#refresh()
    if (!this.#areUsable) throw new CheckUnavailable('the keys of the identity provider cannot be fetched')
    const key = this.#match(kid, algorithm)
    if (key === undefined) throw new TokenFault('the token was signed with an unknown key')
    return key
  }

  /** Finds the key. A token without `kid` needs a set in which one key alone fits. */
  #match(kid: string | undefined, algorithm: string): KeyObject | undefined {
    const fitting = this.#keys.filter(
      (each) =>
        (kid === undefined || each.kid === kid) &&
        (each.algorithm === undefined || each.algorithm === algorithm) &&
        fits(each.key, algorithm),
    )
    return fitting.length === 1 ? fitting[0]!.key : undefined
  }

  /** Fetches the keys, or waits for the fetch in flight. Never rejects. */
  #refresh(): Promise<void> {
    if (this.#inFlight === undefined) {
      const stop = sharedController()
      this.#inFlight = { stop, done: this.#load(stop) }
    }
    return this.#inFlight.done
  }

  async #load(stop: AbortController): Promise<void> {
    this.#triedAt = this.#clock.monotonic()
    const { timeoutMs } = this.#settings
    const timer = this.#clock.setTimer(timeoutMs, () => stop.abort(new Error('the time limit has passed')), {
      background: true,
    })
    try {
      const { keys } = await this.#fetch(stop.signal)
      this.#use(keys)
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed) this.#warn((error as Error).message)
      this.#hasFailed = true
    } finally {
      timer.cancel()
      this.#inFlight = undefined
    }
  }

  #use(given: readonly Value[]): void {
    const keys = given.slice(0, MOST_KEYS).flatMap((key) => publicKey(key) ?? [])
    if (keys.length === 0) throw new Error('the set has no key that can verify tokens')
    this.#fetchedAt = this.#clock.monotonic()
    const text = JSON.stringify(given)
    if (text === this.#text) return
    this.#text = text
    this.#keys = keys
    this.#generation++
  }

  #warn(reason: string): void {
    const message = this.#areUsable
      ? 'the keys of the identity provider cannot be fetched; those in use stay valid for a limited time'
      : 'the keys of the identity provider cannot be fetched; callers cannot be authenticated'
    this.#log({ level: 'warn', message, reason })
  }
}

/** Reads a key of a set (RFC 7517, section 4). @returns `undefined` if it cannot verify signatures */
function publicKey(given: Value): PublicKey | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
  const { kid, alg, use, key_ops: operations, kty } = given as { readonly [name: string]: Value }
  if (use !== undefined && use !== 'sig') return undefined
  if (Array.isArray(operations) && !operations.includes('verify')) return undefined
  if (kty === 'oct') return undefined
  try {
    const key = createPublicKey({ key: given as JsonWebKey, format: 'jwk' })
    const algorithm = typeof alg === 'string' ? alg : undefined
    if (!ASYMMETRIC.some((each) => fits(key, each))) return undefined
    return { kid: typeof kid === 'string' ? kid : undefined, algorithm, key }
  } catch {
    return undefined
  }
}
