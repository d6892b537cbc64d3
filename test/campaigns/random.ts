import { SeededRandom } from '../../src/testing/seeded-random.js'

/** What a campaign decides by chance, from a seed, so that it can be repeated. */
export class Random {
  readonly #source: SeededRandom

  constructor(seed: number) {
    this.#source = new SeededRandom(seed)
  }

  /** From 0 to below 1. */
  next(): number {
    return this.#source.number()
  }

  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!
  }

  /** Another source, which depends on this one only by its seed. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 4_294_967_296))
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
