/** The first cell of the counters in the shared memory of a channel, behind its two bells. */
const COUNT = 2
const WATCHED = 4

/** How many cells of shared memory a channel needs. */
export const CHANNEL_CELLS = 6

/** Counts the batches that the reader at one end of a channel has taken. One thread reads and one writes. */
export class TakenBatches {
  readonly #cells: Int32Array
  readonly #index: number

  /** @param index 0 or 1, as that of the reader's bell */
  constructor(cells: Int32Array, index: number) {
    this.#cells = cells
    this.#index = index
  }

  /** How many batches the reader has taken; wraps at 2^32. */
  get count(): number {
    return Atomics.load(this.#cells, COUNT + this.#index)
  }

  /** Called by the reader when it has taken a batch. @returns whether the writer watches and must be woken */
  took(): boolean {
    Atomics.add(this.#cells, COUNT + this.#index, 1)
    const watched = WATCHED + this.#index
    return Atomics.load(this.#cells, watched) === 1 && Atomics.exchange(this.#cells, watched, 0) === 1
  }

  /** Asks the reader to wake the writer when it takes the next batch. Called by the writer before it reads `count`. */
  watch(): void {
    Atomics.store(this.#cells, WATCHED + this.#index, 1)
  }
}
