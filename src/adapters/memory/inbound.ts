/** Hands items to a sink one by one, and keeps them in order while the sink asks to hold back. */
export class Inbound<T> {
  readonly #hand: (item: T) => boolean
  #held: T[] = []
  #paused = false
  #resumed = false
  #closed = false

  /** @param hand gives an item to the sink; false: hold further items until `resume`. */
  constructor(hand: (item: T) => boolean) {
    this.#hand = hand
  }

  /** After `close` the item is dropped. */
  deliver(item: T): void {
    if (this.#closed) return
    if (this.#paused) this.#held.push(item)
    else this.#give(item)
  }

  /** There is room again; may be called by the sink while it takes an item. */
  resume(): void {
    this.#resumed = true
    if (!this.#paused) return
    this.#paused = false
    const held = this.#held
    this.#held = []
    let given = 0
    while (given < held.length && !this.#paused && !this.#closed) this.#give(held[given++]!)
    if (!this.#closed) this.#held = [...held.slice(given), ...this.#held]
  }

  /** The sink hears nothing more. @returns what it has not been given. */
  close(): T[] {
    this.#closed = true
    const held = this.#held
    this.#held = []
    return held
  }

  #give(item: T): void {
    this.#resumed = false
    const room = this.#hand(item)
    this.#paused = !room && !this.#resumed
  }
}
