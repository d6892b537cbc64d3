import type { Clock } from '../../core/clock.js'

/** Messages that are read in one turn of the event loop: each takes up to 10 µs, however few bytes it has. */
const MOST_IN_A_TURN = 1_000

/** Limits how many messages are read in one turn of the event loop, so that a flood of small ones does not block it. */
export class TurnQuota {
  readonly #clock: Clock
  #spent = 0
  #waiting: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a message. @returns whether more may be read now; otherwise call `whenDue` */
  spend(): boolean {
    return ++this.#spent < MOST_IN_A_TURN
  }

  /** Calls `proceed` on the next turn. */
  whenDue(proceed: () => void): void {
    this.#waiting.push(proceed)
    if (this.#waiting.length > 1) return
    this.#clock.nextTurn(() => {
      this.#spent = 0
      const waiting = this.#waiting
      this.#waiting = []
      for (const each of waiting) each()
    })
  }
}
