import type { Settlements } from './received.js'
import type { KeyStore, SeenKeys } from './seen-keys.js'

/** Settles a message whose key is remembered when it has been accepted. */
export class KeyedSettlements implements Settlements {
  readonly #key: string
  readonly #source: Settlements | undefined
  readonly #seen: SeenKeys
  readonly #store: KeyStore | undefined

  constructor(key: string, source: Settlements | undefined, seen: SeenKeys, store: KeyStore | undefined) {
    this.#key = key
    this.#source = source
    this.#seen = seen
    this.#store = store
  }

  get isKept(): boolean {
    return this.#source?.isKept === true
  }

  accepted(result: unknown): void {
    this.#remember(result, () => this.#source?.accepted(result))
  }

  refused(error: Error): void {
    this.#remember(undefined, () => this.#source?.refused(error))
  }

  returned(): void {
    this.#seen.returned(this.#key)
    this.#source?.returned()
  }

  /** Settles the source after the key is safe, so that a redelivery after a crash is recognised. */
  #remember(result: unknown, settle: () => void): void {
    const at = this.#seen.accepted(this.#key, result)
    if (this.#store === undefined) settle()
    else void this.#store.add(this.#key, at).then(settle)
  }
}
