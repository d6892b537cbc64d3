import type { Clock } from '../../core/clock.js'
import type { Settlements } from './received.js'

/** What is known of a message by its key. */
export type Sight =
  | { readonly kind: 'new' }
  /** The sink has accepted it before. */
  | { readonly kind: 'accepted' }
  /** It is on its way. */
  | { readonly kind: 'on-its-way' }

/** Remembers keys beyond the life of the actor. */
export interface KeyStore {
  /** Adds a key. Resolves when it is safe; rejects never. */
  add(key: string, at: number): Promise<void>
  close(): Promise<void>
}

/**
 * Recognises redeliveries by a key. A key is remembered once the sink has accepted its message, so that a message that
 * was lost on its way is not taken for a redelivery.
 */
export class SeenKeys {
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #limit: number
  /** When each message was accepted, in milliseconds since the epoch; oldest first. */
  readonly #accepted = new Map<string, number>()
  /** Redeliveries of messages on their way, which are settled together. */
  readonly #onTheirWay = new Map<string, Settlements[]>()

  constructor(
    clock: Clock,
    windowMs: number,
    limit: number,
    known: Iterable<readonly [string, number]> = [],
  ) {
    this.#clock = clock
    this.#windowMs = windowMs
    this.#limit = limit
    for (const [key, at] of known) this.#remember(key, at)
  }

  /** Begins a message. @param source settled together with the first message of this key, if that is on its way */
  begin(key: string, source: Settlements | undefined): Sight {
    const others = this.#onTheirWay.get(key)
    if (others !== undefined) {
      if (source !== undefined) others.push(source)
      return { kind: 'on-its-way' }
    }
    const at = this.#accepted.get(key)
    if (at !== undefined && this.#clock.now() - at < this.#windowMs) return { kind: 'accepted' }
    this.#onTheirWay.set(key, [])
    return { kind: 'new' }
  }

  /** The sink has accepted the message, or it was dead-lettered. @returns when, for a store */
  accepted(key: string, result: unknown): number {
    const now = this.#clock.now()
    this.#remember(key, now)
    for (const source of this.#end(key)) source.accepted(result)
    return now
  }

  /** The message was given back. */
  returned(key: string): void {
    for (const source of this.#end(key)) source.returned()
  }

  /** The keys that are remembered, oldest first. */
  get known(): ReadonlyMap<string, number> {
    return this.#accepted
  }

  #end(key: string): readonly Settlements[] {
    const others = this.#onTheirWay.get(key) ?? []
    this.#onTheirWay.delete(key)
    return others
  }

  #remember(key: string, at: number): void {
    // A key that is set again moves to the end.
    this.#accepted.delete(key)
    this.#accepted.set(key, at)
    const oldest = this.#clock.now() - this.#windowMs
    for (const [first, when] of this.#accepted) {
      if (this.#accepted.size <= this.#limit && when > oldest) return
      this.#accepted.delete(first)
    }
  }
}
