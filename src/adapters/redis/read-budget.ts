/** How many entries to request while no size is known. They fit even if each has the maximum size. */
const FIRST = 4
const MOST = 1_000
/** The size limit of a reply with several entries, as a multiple of the limit for one entry. */
export const ENTRIES_PER_FRAME = 4
/** The target is half of that limit, because the next entries may be larger. */
const AIM = ENTRIES_PER_FRAME / 2

/**
 * Decides how many entries to request, from recent sizes, so that a reply stays within its limit. If entries grow
 * suddenly, those that exceed the limit are elided.
 */
export class ReadBudget {
  readonly #frame: number
  #most = FIRST
  #largest = 0

  /** @param frame the maximum size of an entry, in bytes */
  constructor(frame: number) {
    this.#frame = frame
  }

  /** @returns how many entries to request if `wanted` are wanted; at least 1 */
  entries(wanted: number): number {
    return Math.max(1, Math.min(wanted, this.#most))
  }

  /** Records the sizes of the entries of one reply, in bytes. */
  saw(sizes: readonly number[]): void {
    if (sizes.length === 0) return
    this.#largest = Math.max(this.#largest / 2, ...sizes, 1)
    this.#most = Math.min(MOST, Math.max(1, Math.floor((AIM * this.#frame) / this.#largest)))
  }
}
