import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { Clock } from '../core/clock.js'
import { readRegularFile } from '../core/read-file.js'
import { fits } from './algorithms.js'
import { CheckUnavailable, TokenFault } from './token-fault.js'

/** Finds the keys that verify tokens. */
export interface KeySource {
  /** Grows when keys are withdrawn or replaced: tokens that were verified before must be verified again. */
  readonly generation: number
  /**
   * Finds the key of a token. Returns it at once if it is known.
   * @throws TokenFault if there is no such key; CheckUnavailable if the keys are not available now
   */
  find(kid: string | undefined, algorithm: string): KeyObject | Promise<KeyObject>
  /**
   * Fetches newer keys if those in use are old. Called for tokens that need no key, because they are remembered.
   * @returns whether the keys in use are still valid
   */
  keepFresh(): boolean
  /** Ends what is in flight. Idempotent. */
  close(): void
}

/** Makes the source of a shared secret. */
export function secretKey(secret: string): KeySource {
  const key = createSecretKey(secret, 'utf8')
  return { generation: 0, find: () => key, keepFresh: () => true, close: () => {} }
}

/** How often a key file is read at most, in milliseconds. */
const FILE_PERIOD_MS = 5_000

/** The public key or certificate in a PEM file. The file is read again, because it may be replaced. */
export class FileKey implements KeySource {
  readonly #file: string
  readonly #clock: Clock
  #key: { readonly pem: string; readonly key: KeyObject } | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #generation = 0
  #reading: Promise<void> | undefined

  constructor(file: string, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  get generation(): number {
    return this.#generation
  }

  keepFresh(): boolean {
    if (this.#isOld) this.#reading = this.#read()
    return true
  }

  async find(_kid: string | undefined, algorithm: string): Promise<KeyObject> {
    this.keepFresh()
    await this.#reading
    if (this.#key === undefined) throw new CheckUnavailable('the public key of the server cannot be read')
    if (!fits(this.#key.key, algorithm)) throw new TokenFault('the token was signed with another algorithm')
    return this.#key.key
  }

  close(): void {}

  get #isOld(): boolean {
    return this.#clock.monotonic() - this.#readAt >= FILE_PERIOD_MS
  }

  async #read(): Promise<void> {
    this.#readAt = this.#clock.monotonic()
    try {
      const pem = (await readRegularFile(this.#file)).toString()
      if (pem === this.#key?.pem) return
      this.#key = { pem, key: createPublicKey(pem) }
      this.#generation++
    } catch {
      // A file may be half-written: the key read before stays in use.
    }
  }
}
