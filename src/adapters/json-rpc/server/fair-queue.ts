import { Deque } from '../../../core/deque.js'

/** Items that wait, in the order of each owner. Owners take turns, so that one with many items does not delay others. */
export class FairQueue<O extends object, T> {
  readonly #owners = new Map<O, Deque<T>>()

  has(owner: O): boolean {
    return this.#owners.has(owner)
  }

  push(owner: O, item: T): void {
    let items = this.#owners.get(owner)
    if (items === undefined) {
      items = new Deque()
      this.#owners.set(owner, items)
    }
    items.push(item)
  }

  /** Removes the next item of the first owner that may have one. */
  shift(mayHave: (owner: O, item: T) => boolean): T | undefined {
    for (const [owner, items] of this.#owners) {
      if (!mayHave(owner, items.peek()!)) continue
      // A Map keeps the order of insertion: the owner goes behind the others.
      this.#owners.delete(owner)
      const item = items.shift()
      if (items.size > 0) this.#owners.set(owner, items)
      return item
    }
    return undefined
  }

  /** Removes the items of an owner. @returns these items */
  remove(owner: O): readonly T[] {
    const items = this.#owners.get(owner)
    this.#owners.delete(owner)
    return items === undefined ? [] : [...items]
  }
}
