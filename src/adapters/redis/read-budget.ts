/** So many entries are asked for while nothing is known of their size: they fit even if each is as large as allowed. */
const FIRST = 4
const MOST = 1_000
/** A reply of several entries may have so many times the bytes that one may. */
export const ENTRIES_PER_FRAME = 4
/** It is aimed at half of that, because the next entries may be larger. */
const AIM = ENTRIES_PER_FRAME / 2

/**
 * How many entries to ask for at a time, so that a reply stays within the limit: from the sizes seen lately. Entries
 * that are suddenly much larger may break it; those for which there is no room are elided.
 */
export class ReadBudget {
  readonly #frame: number
  #most = FIRST
  #largest = 0

  /** @param frame the largest entry that is taken, in bytes */
  constructor(frame: number) {
    this.#frame = frame
  }

  /** @returns how many to ask for where `wanted` are wanted; 1 at least */
  entries(wanted: number): number {
    return Math.max(1, Math.min(wanted, this.#most))
  }

  /** The sizes of the entries of one reply, in bytes. */
  saw(sizes: readonly number[]): void {
    if (sizes.length === 0) return
    this.#largest = Math.max(this.#largest / 2, ...sizes, 1)
    this.#most = Math.min(MOST, Math.max(1, Math.floor((AIM * this.#frame) / this.#largest)))
  }
}
