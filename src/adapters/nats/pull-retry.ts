import type { Clock, Timer } from '../../core/clock.js'

/** Pause before the first retry, in milliseconds. It doubles with each retry up to the maximum below. */
const RETRY_MS = 250
const LONGEST_RETRY_MS = 8_000

/** Schedules the retry of a pull request that the server could not serve, with a growing pause. */
export class PullRetry {
  readonly #clock: Clock
  readonly #warn: (reason: string) => void
  /** Failures in a row. */
  #failures = 0
  #timer: Timer | undefined

  /** @param warn called at the first failure, and for each retry with the maximum pause */
  constructor(clock: Clock, warn: (reason: string) => void) {
    this.#clock = clock
    this.#warn = warn
  }

  /** Whether a retry is scheduled. */
  get waiting(): boolean {
    return this.#timer !== undefined
  }

  /** Calls `task` after the pause, unless a retry is already scheduled. */
  later(reason: string, task: () => void): void {
    if (this.#timer !== undefined) return
    const delay = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(this.#failures, 10))
    if (++this.#failures === 1 || delay === LONGEST_RETRY_MS) this.#warn(reason)
    this.#timer = this.#clock.setTimer(
      delay,
      () => {
        this.#timer = undefined
        task()
      },
      { background: true },
    )
  }

  /** Resets the pause after the server has served a request. */
  succeeded(): void {
    this.#failures = 0
  }

  cancel(): void {
    this.#timer?.cancel()
  }
}
