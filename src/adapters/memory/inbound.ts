import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'

/** The budget that counts the bytes of buffered items. */
export interface BufferAccounting<T> {
  readonly budget: ByteBudget
  sizeOf(item: T): number
}

/** Delivers items to a sink one by one and buffers them in order while the sink has no room. */
export class Inbound<T> {
  readonly #hand: (item: T) => boolean
  readonly #accounting: BufferAccounting<T> | undefined
  readonly #buffer = new Deque<T>()
  #paused = false
  #resumed = false
  #closed = false

  /** @param hand delivers an item to the sink; returns false to buffer further items until `resume` */
  constructor(hand: (item: T) => boolean, accounting?: BufferAccounting<T>) {
    this.#hand = hand
    this.#accounting = accounting
  }

  /** Whether the next item would be buffered. */
  get isBuffering(): boolean {
    return this.#paused || this.#buffer.size > 0
  }

  /** Delivers or buffers an item; drops it after `close`. */
  deliver(item: T): void {
    if (this.#closed) return
    if (this.isBuffering) this.#enqueue(item)
    else this.#give(item)
  }

  /** Delivers buffered items when the sink has room again. The sink may call it during a delivery. */
  resume(): void {
    this.#resumed = true
    if (!this.#paused) return
    this.#paused = false
    while (this.#buffer.size > 0 && !this.#paused && !this.#closed) this.#give(this.#release())
  }

  /** Stops all deliveries. @returns the buffered items */
  close(): T[] {
    this.#closed = true
    const held: T[] = []
    while (this.#buffer.size > 0) held.push(this.#release())
    return held
  }

  #give(item: T): void {
    this.#resumed = false
    const room = this.#hand(item)
    this.#paused = !room && !this.#resumed
  }

  #enqueue(item: T): void {
    this.#buffer.push(item)
    this.#accounting?.budget.take(this.#accounting.sizeOf(item))
  }

  #release(): T {
    const item = this.#buffer.shift()!
    this.#accounting?.budget.give(this.#accounting.sizeOf(item))
    return item
  }
}
