import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'

/** Where the bytes of held items are counted. */
export interface Holding<T> {
  readonly budget: ByteBudget
  sizeOf(item: T): number
}

/** Hands items to a sink one by one, and keeps them in order while the sink asks to hold back. */
export class Inbound<T> {
  readonly #hand: (item: T) => boolean
  readonly #holding: Holding<T> | undefined
  readonly #held = new Deque<T>()
  #paused = false
  #resumed = false
  #closed = false

  /** @param hand gives an item to the sink; false: hold further items until `resume`. */
  constructor(hand: (item: T) => boolean, holding?: Holding<T>) {
    this.#hand = hand
    this.#holding = holding
  }

  /** Whether the next item would be held. */
  get isHolding(): boolean {
    return this.#paused || this.#held.size > 0
  }

  /** After `close` the item is dropped. */
  deliver(item: T): void {
    if (this.#closed) return
    if (this.isHolding) this.#hold(item)
    else this.#give(item)
  }

  /** There is room again; may be called by the sink while it takes an item. */
  resume(): void {
    this.#resumed = true
    if (!this.#paused) return
    this.#paused = false
    while (this.#held.size > 0 && !this.#paused && !this.#closed) this.#give(this.#release())
  }

  /** The sink receives nothing more. @returns what it has not been given. */
  close(): T[] {
    this.#closed = true
    const held: T[] = []
    while (this.#held.size > 0) held.push(this.#release())
    return held
  }

  #give(item: T): void {
    this.#resumed = false
    const room = this.#hand(item)
    this.#paused = !room && !this.#resumed
  }

  #hold(item: T): void {
    this.#held.push(item)
    this.#holding?.budget.take(this.#holding.sizeOf(item))
  }

  #release(): T {
    const item = this.#held.shift()!
    this.#holding?.budget.give(this.#holding.sizeOf(item))
    return item
  }
}
