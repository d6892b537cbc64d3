import type { Clock, Timer } from '../../core/clock.js'

/** First pause in milliseconds. It doubles with each pause up to the maximum below. */
const FIRST_MS = 1_000
const LONGEST_MS = 30_000

/** The pause before a lone member of a queue's group checks again for other members. */
export class LonePause {
  readonly #clock: Clock
  #timer: Timer | undefined
  #nextMs = FIRST_MS

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a pause was started and not cancelled; also after its task has been called. */
  get isActive(): boolean {
    return this.#timer !== undefined
  }

  /** Whether no pause was started yet. */
  get isFirst(): boolean {
    return this.#nextMs === FIRST_MS
  }

  /** Calls `task` after the pause, instead of the task of an earlier pause. */
  start(task: () => void): void {
    this.cancel()
    this.#timer = this.#clock.setTimer(this.#nextMs, task, { background: true })
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
