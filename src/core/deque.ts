const SMALLEST = 16
const LARGE = 4_096

/** A double-ended queue over a ring buffer: constant time at both ends, unlike `shift` of an array. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(SMALLEST).fill(undefined)
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    if (this.#size === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#size++) & (this.#ring.length - 1)] = item
  }

  unshift(item: T): void {
    if (this.#size === this.#ring.length) this.#grow()
    this.#head = (this.#head - 1) & (this.#ring.length - 1)
    this.#ring[this.#head] = item
    this.#size++
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#size--
    // Frees the memory of a queue that has been long.
    if (this.#size === 0 && this.#ring.length > LARGE) this.clear()
    return item
  }

  /** Returns the oldest item without removing it. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#head]
  }

  clear(): void {
    this.#ring = new Array(SMALLEST).fill(undefined)
    this.#head = 0
    this.#size = 0
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.#size; i++) yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T
  }

  #grow(): void {
    const larger: (T | undefined)[] = new Array(this.#ring.length * 2).fill(undefined)
    for (let i = 0; i < this.#size; i++) larger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]
    this.#ring = larger
    this.#head = 0
  }
}
