import type { Clock } from '../core/clock.js'

/**
 * The longest spin in milliseconds. A caller that makes its next call right after an answer does so within this time.
 */
const LONGEST_MS = 0.15
/** A spin starts only after the last two would have paid off. */
const STREAK = 2

/**
 * Decides whether a reader that has answered everything spins for the next batch before it sleeps. Waking a thread
 * costs more than a short call, so spinning pays off if calls follow one another; after one fruitless spin, spinning
 * stops until a spin would have paid off.
 */
export class Linger {
  readonly #clock: Clock
  #answeredAt = Number.NEGATIVE_INFINITY
  #streak = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Called when everything has been answered. @returns until when to spin, in milliseconds of `clock.monotonic()` */
  answered(): number {
    this.#answeredAt = this.#clock.monotonic()
    return this.#streak < STREAK ? this.#answeredAt : this.#answeredAt + LONGEST_MS
  }

  /** Whether a spin that may last until `until` goes on. */
  shouldSpin(until: number): boolean {
    return this.#clock.monotonic() < until
  }

  /** Called when a batch has arrived. */
  arrived(): void {
    const soon = this.#clock.monotonic() - this.#answeredAt <= LONGEST_MS
    this.#streak = soon ? this.#streak + 1 : 0
    this.#answeredAt = Number.NEGATIVE_INFINITY
  }
}
