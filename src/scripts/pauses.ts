/** The pauses between deaths without a call that succeeds in between, in milliseconds. */
const FIRST_MS = 100
const LONGEST_MS = 5_000

/** How long to wait after a death: nothing after the first, and longer after each without a success. */
export class Pauses {
  #deaths = 0

  next(): number {
    const deaths = this.#deaths++
    return deaths === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (deaths - 1))
  }

  reset(): void {
    this.#deaths = 0
  }
}
