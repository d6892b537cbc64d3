import { type Clock, systemClock, type Timer } from '../core/clock.js'

interface PendingTimer {
  readonly due: number
  readonly background: boolean
  readonly task: () => void
}

/**
 * A clock that a test drives: time passes only in `advance`, and tasks for a later turn run only in `turn` or
 * `advance`. Due tasks run in the order of their times; those with equal times run in the order in which they were
 * set.
 */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<PendingTimer>()
  #turn: { readonly task: () => void }[] = []

  /**
   * Makes a clock whose time passes only in `advance`.
   * @param startedAt initial time in epoch milliseconds
   */
  constructor(startedAt = 1_700_000_000_000) {
    this.#now = startedAt
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  setTimer(ms: number, task: () => void, options?: { readonly background?: boolean }): Timer {
    const timer = { due: this.#now + Math.max(0, ms), background: options?.background === true, task }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  nextTurn(task: () => void): Timer {
    const entry = { task }
    this.#turn.push(entry)
    return {
      cancel: () => {
        this.#turn = this.#turn.filter((other) => other !== entry)
      },
    }
  }

  /** Returns the pending timers, the next one first. */
  get pending(): readonly { readonly inMs: number; readonly background: boolean }[] {
    return [...this.#timers]
      .sort((a, b) => a.due - b.due)
      .map(({ due, background }) => ({ inMs: due - this.#now, background }))
  }

  /** Returns the number of tasks that wait for a later turn. */
  get waitingForTurn(): number {
    return this.#turn.length
  }

  /**
   * Runs the tasks that wait for a later turn and lets promises settle. Tasks added meanwhile wait for the turn
   * after. Resolves when they have run.
   * @throws what a task throws
   */
  async turn(): Promise<void> {
    const tasks = this.#turn
    this.#turn = []
    for (const { task } of tasks) task()
    await settled()
  }

  /**
   * Advances the time by `ms` milliseconds. Each timer runs at its own time, and between two timers promises settle
   * and turns pass until none is pending. Resolves when all that has become due has run.
   * @param ms milliseconds
   * @throws what a timer or a task throws
   */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await this.#settleTurns()
    for (let next = this.#nextDue(until); next !== undefined; next = this.#nextDue(until)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.due)
      next.task()
      await this.#settleTurns()
    }
    this.#now = until
  }

  /**
   * Advances the time by `ms` milliseconds without running anything, as if the process was suspended. Timers that
   * became due run late, with the next `advance`. Never throws.
   * @param ms milliseconds
   */
  stall(ms: number): void {
    this.#now += ms
  }

  #nextDue(until: number): PendingTimer | undefined {
    let next: PendingTimer | undefined
    for (const timer of this.#timers)
      if (timer.due <= until && (next === undefined || timer.due < next.due)) next = timer
    return next
  }

  async #settleTurns(): Promise<void> {
    await settled()
    while (this.#turn.length > 0) await this.turn()
  }
}

/** Resolves after a turn of the event loop, when all promises that can settle have settled. Never rejects. */
export function settled(): Promise<void> {
  return new Promise((resolve) => systemClock.nextTurn(resolve))
}
