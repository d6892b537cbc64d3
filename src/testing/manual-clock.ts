import { type Clock, systemClock, type Timer } from '../core/clock.js'

interface PendingTimer {
  readonly due: number
  readonly background: boolean
  readonly task: () => void
}

/**
 * A clock that a test drives: time stands still until `advance`, and tasks for a later turn wait for `turn` or
 * `advance`. What is due runs in the order of its time, and of being set where times are equal.
 */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<PendingTimer>()
  #turn: { readonly task: () => void }[] = []

  /** @param startedAt epoch milliseconds. */
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

  /** Timers that are set, the next one first. */
  get pending(): readonly { readonly inMs: number; readonly background: boolean }[] {
    return [...this.#timers]
      .sort((a, b) => a.due - b.due)
      .map(({ due, background }) => ({ inMs: due - this.#now, background }))
  }

  /** Tasks that wait for a later turn. */
  get waitingForTurn(): number {
    return this.#turn.length
  }

  /** Runs what waits for a later turn, and lets promises settle. What these tasks ask for waits for the turn after. */
  async turn(): Promise<void> {
    const tasks = this.#turn
    this.#turn = []
    for (const { task } of tasks) task()
    await settled()
  }

  /**
   * Lets `ms` pass: each timer sees the time it was set for, and between two timers promises settle and turns
   * pass until nothing waits for one.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await this.#quiet()
    for (let next = this.#nextDue(until); next !== undefined; next = this.#nextDue(until)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.due)
      next.task()
      await this.#quiet()
    }
    this.#now = until
  }

  /**
   * Time passes while nothing runs, as when the whole process is held up: what has become due runs late, with
   * the next `advance`.
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

  async #quiet(): Promise<void> {
    await settled()
    while (this.#turn.length > 0) await this.turn()
  }
}

/** Resolves when the promises that can settle by themselves have done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => systemClock.nextTurn(resolve))
}
