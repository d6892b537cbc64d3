const SMALLEST = 16

/** A first-in first-out line in a ring: adding and taking cost the same however long it is. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(SMALLEST)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#resize()
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item
    this.#length++
  }

  /** The oldest item, left where it is. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head]
  }

  /** Takes the oldest item. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#length--
    // A line that was long once does not keep its memory.
    if (this.#length === 0 && this.#ring.length > 4_096) this.clear()
    return item
  }

  clear(): void {
    this.#ring = new Array(SMALLEST)
    this.#head = 0
    this.#length = 0
  }

  #resize(): void {
    const larger: (T | undefined)[] = new Array(this.#ring.length * 2)
    for (let i = 0; i < this.#length; i++) larger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]
    this.#ring = larger
    this.#head = 0
  }
}
