import type { Clock } from '../core/clock.js'

/** How many refusals are told in the turn of the event loop in which they are decided. */
const AT_ONCE = 128

/**
 * Paces the refusals of requests. An application that repeats each refused request at once would otherwise never leave
 * its microtasks: its event loop would stand still for as long as the reason lasts, and with it all that could end it.
 * Later refusals of a turn are therefore told in the next one.
 */
export class RefusalPace {
  readonly #clock: Clock
  #told = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `tell` now, or in the next turn if there have been many refusals in this one. */
  pace(tell: () => void): void {
    if (this.#told === 0)
      this.#clock.nextTurn(() => {
        this.#told = 0
      })
    this.#told++
    if (this.#told <= AT_ONCE) tell()
    else this.#clock.nextTurn(tell)
  }
}
