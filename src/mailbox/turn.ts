import type { Clock } from '../core/clock.js'

/**
 * Limits how long deliveries may take in one turn of the event loop. All channels of a thread share one budget; once it
 * is spent, the rest waits for a later turn, so that timers, I/O and rendering can run.
 */
export class Turn {
  readonly #clock: Clock
  readonly #budgetMs: number
  #startedAt = Number.NEGATIVE_INFINITY
  #waiting: (() => void)[] = []

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock
    this.#budgetMs = budgetMs
  }

  /**
   * Called on each wake-up by the event loop. Starts a new budget unless the last one started so recently that it may
   * still be the same turn; the event loop cannot tell turns apart without costing one.
   */
  begin(): void {
    if (this.#waiting.length === 0 && this.spent()) this.#startedAt = this.#clock.monotonic()
  }

  /** Whether the budget of this turn is spent. */
  spent(): boolean {
    return this.#clock.monotonic() - this.#startedAt >= this.#budgetMs
  }

  /** Runs `task` on a later turn, in order of arrival. */
  later(task: () => void): void {
    if (this.#waiting.push(task) === 1) this.#clock.nextTurn(() => this.#resume())
  }

  #resume(): void {
    this.#startedAt = this.#clock.monotonic()
    const tasks = this.#waiting
    this.#waiting = []
    for (const [i, task] of tasks.entries()) {
      if (this.spent()) {
        // Tasks added meanwhile go behind these, and have already scheduled the next turn.
        const newer = this.#waiting
        this.#waiting = [...tasks.slice(i), ...newer]
        if (newer.length === 0) this.#clock.nextTurn(() => this.#resume())
        return
      }
      task()
    }
  }
}
