import type { Clock, Timer } from '../../core/clock.js'

/** Before the first repetition; doubled each time, up to the longest pause. */
const RETRY_MS = 250
const LONGEST_RETRY_MS = 8_000

/** When a pull request is repeated that the server could not serve: after a pause that grows. */
export class PullRetry {
  readonly #clock: Clock
  readonly #warn: (reason: string) => void
  /** In a row. */
  #failures = 0
  #timer: Timer | undefined

  /** @param warn called at the first failure, and when the pause has become long */
  constructor(clock: Clock, warn: (reason: string) => void) {
    this.#clock = clock
    this.#warn = warn
  }

  /** Whether a repetition is due. */
  get waiting(): boolean {
    return this.#timer !== undefined
  }

  /** Calls `task` after the pause, unless something waits for it already. */
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

  /** The server serves us. */
  succeeded(): void {
    this.#failures = 0
  }

  cancel(): void {
    this.#timer?.cancel()
  }
}
