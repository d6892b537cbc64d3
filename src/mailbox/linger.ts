import type { Clock } from '../core/clock.js'

/** Milliseconds. Whoever calls again as soon as it has its answer does so within a wake-up and a few steps of code. */
const LONGEST_MS = 0.15
/** So many times in a row it must have paid to look on, or would have. */
const STREAK = 2

/**
 * Whether a reader that has answered everything looks on for the next batch for a moment before it sleeps. Being
 * woken costs more than a short call itself, so where calls come one right after another looking on pays; one
 * moment in vain, and it is left until it would have paid again.
 */
export class Linger {
  readonly #clock: Clock
  #answeredAt = Number.NEGATIVE_INFINITY
  #streak = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Everything has been answered. @returns until when to look on, on the monotonic clock; in the past for not at all. */
  answered(): number {
    this.#answeredAt = this.#clock.monotonic()
    return this.#streak < STREAK ? this.#answeredAt : this.#answeredAt + LONGEST_MS
  }

  /** Whether it is still `until`. */
  goesOn(until: number): boolean {
    return this.#clock.monotonic() < until
  }

  /** A batch has come. */
  arrived(): void {
    const soon = this.#clock.monotonic() - this.#answeredAt <= LONGEST_MS
    this.#streak = soon ? this.#streak + 1 : 0
    this.#answeredAt = Number.NEGATIVE_INFINITY
  }
}
