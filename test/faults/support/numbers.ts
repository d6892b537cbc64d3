/** Which of the numbers from 0 have been seen, and how often. */
export class Numbers {
  readonly #seen = new Map<number, number>()
  #total = 0

  add(n: number): void {
    this.#seen.set(n, (this.#seen.get(n) ?? 0) + 1)
    this.#total++
  }

  has(n: number): boolean {
    return this.#seen.has(n)
  }

  /** Different numbers. */
  get size(): number {
    return this.#seen.size
  }

  /** Sightings of all numbers. */
  get total(): number {
    return this.#total
  }

  /** Those of `other` that are not here. */
  missing(other: Iterable<number>): number[] {
    return [...other].filter((n) => !this.#seen.has(n))
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#seen.keys()
  }
}
