import type { Clock, Timer } from './clock.js'

/**
 * One timer for many deadlines. Adding a deadline usually costs one comparison; when the earliest is due, `sweep` goes
 * through all of them, which is rare because nearly every operation finishes in time.
 */
export class DeadlineTimer {
  readonly #clock: Clock
  readonly #sweep: (now: number) => number
  #armedFor = Number.POSITIVE_INFINITY
  #timer: Timer | undefined

  /** @param sweep ends what is due at `now` and returns the earliest remaining deadline, or Infinity */
  constructor(clock: Clock, sweep: (now: number) => number) {
    this.#clock = clock
    this.#sweep = sweep
  }

  /** @param deadline milliseconds of `clock.monotonic()` */
  add(deadline: number): void {
    if (deadline < this.#armedFor) this.#arm(deadline)
  }

  /** Forgets all deadlines. */
  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
  }

  #arm(deadline: number): void {
    this.#timer?.cancel()
    this.#armedFor = deadline
    this.#timer = this.#clock.setTimer(
      deadline - this.#clock.monotonic(),
      () => {
        this.#timer = undefined
        this.#armedFor = Number.POSITIVE_INFINITY
        const next = this.#sweep(this.#clock.monotonic())
        if (next < this.#armedFor) this.#arm(next)
      },
      { background: true },
    )
  }
}
