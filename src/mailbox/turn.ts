import type { Clock } from '../core/clock.js'

/**
 * How much of one turn of the event loop deliveries may take. Everything that hands messages to the
 * application on one thread shares one budget: when it is spent, the rest waits for a later turn, so that
 * timers, I/O and drawing get their chance however fast messages come.
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
   * Said by whoever is woken by the event loop: a new share begins, unless others had theirs a moment ago and
   * may still be in the same turn. The loop does not tell its turns apart, and asking it would cost one.
   */
  begin(): void {
    if (this.#waiting.length === 0 && this.spent()) this.#startedAt = this.#clock.monotonic()
  }

  /** Whether this turn has had its share. */
  spent(): boolean {
    return this.#clock.monotonic() - this.#startedAt >= this.#budgetMs
  }

  /** Runs `task` on a later turn, in the order of asking. */
  later(task: () => void): void {
    if (this.#waiting.push(task) === 1) this.#clock.nextTurn(() => this.#resume())
  }

  #resume(): void {
    this.#startedAt = this.#clock.monotonic()
    const tasks = this.#waiting
    this.#waiting = []
    for (const [i, task] of tasks.entries()) {
      if (this.spent()) {
        // What was asked for meanwhile stands behind, and has seen to the next turn itself.
        const newer = this.#waiting
        this.#waiting = [...tasks.slice(i), ...newer]
        if (newer.length === 0) this.#clock.nextTurn(() => this.#resume())
        return
      }
      task()
    }
  }
}
