import type { Clock, Timer } from '../../src/core/clock.js'

/** A clock that stands still until `advance` is called; timers fire in the order of their times. */
export class StepClock implements Clock {
  #now: number
  #timers: { readonly at: number; readonly task: () => void }[] = []

  constructor(now = 1_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  setTimer(ms: number, task: () => void): Timer {
    const timer = { at: this.#now + Math.max(0, ms), task }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  nextTurn(task: () => void): Timer {
    return this.setTimer(0, task)
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  /** Lets `ms` pass, and what was waiting for it happen. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms
    for (;;) {
      await settle()
      const due = this.#timers.filter((timer) => timer.at <= target).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.task()
    }
    this.#now = target
  }
}

/** Lets everything happen that only waits for promises. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
