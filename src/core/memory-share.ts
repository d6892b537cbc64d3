import type { ByteBudget } from './byte-budget.js'

/**
 * Counts the bytes that one holder of a budget holds: a caller, a request or a method. It may hold half of what all
 * others leave free (the dynamic threshold of shared-memory switches), so that greedy holders leave room for new ones.
 */
export class MemoryShare {
  readonly #budget: ByteBudget
  #bytes = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Tells whether the total may grow to `bytes`. */
  fits(bytes: number): boolean {
    return bytes <= (this.#budget.limit - this.#others) / 2
  }

  /** Like `fits`, for a single request, which may take the whole budget if nothing else is held. */
  fitsOne(bytes: number): boolean {
    return this.fits(bytes) || (this.#others <= 0 && bytes <= this.#budget.limit)
  }

  /** Tells whether `bytes` may be added. A holder of nothing may always have some, so that others cannot keep it out. */
  mayAdd(bytes: number): boolean {
    return this.#bytes <= 0 || this.fits(this.#bytes + bytes)
  }

  get #others(): number {
    return this.#budget.held - this.#bytes
  }

  /** Sets the total to `bytes`. */
  set(bytes: number): void {
    const more = bytes - this.#bytes
    this.#bytes = bytes
    if (more > 0) this.#budget.take(more)
    else if (more < 0) this.#budget.give(-more)
  }

  /** Adds bytes if they fit. The first may take the whole budget if nothing else is held. @returns whether they do */
  tryAdd(bytes: number): boolean {
    if (!(this.#bytes === 0 ? this.fitsOne(bytes) : this.fits(this.#bytes + bytes))) return false
    this.add(bytes)
    return true
  }

  add(bytes: number): void {
    this.set(this.#bytes + bytes)
  }
}

/** The shares of all holders of a budget, for as long as the holders exist. */
export class MemoryShares {
  readonly #budget: ByteBudget
  readonly #shares = new WeakMap<object, MemoryShare>()

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** Returns the share of a holder; a new one if the holder is not known. */
  of(holder: object | undefined): MemoryShare {
    const known = holder && this.#shares.get(holder)
    if (known !== undefined) return known
    const share = new MemoryShare(this.#budget)
    if (holder !== undefined) this.#shares.set(holder, share)
    return share
  }
}
