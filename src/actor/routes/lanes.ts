import { Deque } from '../../core/deque.js'

/**
 * Decides when messages may begin: at most `limit` at once, and of each key one after the other. Messages without a key
 * wait for nothing but the limit.
 */
export class Lanes<T extends { readonly key: string | undefined }> {
  readonly #limit: number
  readonly #begin: (item: T) => void
  readonly #waiting = new Deque<T>()
  /** The items of each key that is in use, without the one that has begun. */
  readonly #behind = new Map<string, Deque<T>>()
  #begun = 0
  #isBeginning = false

  /** @param begin starts an item, which calls `ended` when it is done, also at once */
  constructor(limit: number, begin: (item: T) => void) {
    this.#limit = limit
    this.#begin = begin
  }

  add(item: T): void {
    const { key } = item
    const behind = key === undefined ? undefined : this.#behind.get(key)
    if (behind !== undefined) {
      behind.push(item)
      return
    }
    if (key !== undefined) this.#behind.set(key, new Deque())
    this.#waiting.push(item)
    this.#beginNext()
  }

  /** Called once for each item that has begun. */
  ended({ key }: T): void {
    this.#begun--
    if (key !== undefined) {
      const next = this.#behind.get(key)!.shift()
      if (next === undefined) this.#behind.delete(key)
      else this.#waiting.push(next)
    }
    this.#beginNext()
  }

  clear(): void {
    this.#waiting.clear()
    this.#behind.clear()
  }

  #beginNext(): void {
    // An item that ends at once must not nest calls.
    if (this.#isBeginning) return
    this.#isBeginning = true
    while (this.#begun < this.#limit && this.#waiting.size > 0) {
      this.#begun++
      this.#begin(this.#waiting.shift()!)
    }
    this.#isBeginning = false
  }
}
