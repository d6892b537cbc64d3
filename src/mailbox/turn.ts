import type { Clock } from '../core/clock.js'

/**
 * How much of one turn of the event loop deliveries may take. Everything that hands messages to the
 * application on one thread shares one budget: when it is spent, the rest waits for a later turn, so that
 * timers, I/O and drawing get their chance however fast messages come.
 */
export class Turn {
  readonly #clock: Clock
  readonly #budgetMs: number
  #startedAt: number | undefined
  #waiting: (() => void)[] = []

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock
    this.#budgetMs = budgetMs
  }

  /** Whether this turn has had its share. The first question of a turn starts its clock. */
  spent(): boolean {
    const now = this.#clock.monotonic()
    if (this.#startedAt === undefined) {
      this.#startedAt = now
      this.#clock.nextTurn(() => this.#begin())
      return false
    }
    return now - this.#startedAt >= this.#budgetMs
  }

  /** Runs `task` on a later turn, in the order of asking. */
  later(task: () => void): void {
    if (this.#waiting.push(task) === 1 && this.#startedAt === undefined) {
      this.#startedAt = this.#clock.monotonic()
      this.#clock.nextTurn(() => this.#begin())
    }
  }

  #begin(): void {
    this.#startedAt = undefined
    if (this.#waiting.length === 0) return
    const tasks = this.#waiting
    this.#waiting = []
    for (const [i, task] of tasks.entries()) {
      if (this.spent()) {
        this.#waiting = [...tasks.slice(i), ...this.#waiting]
        return
      }
      task()
    }
  }
}
