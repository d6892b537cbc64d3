import type { Clock, Timer } from '../../../src/core/clock.js'

/** Another clock, and how many of its timers are set. */
export class CountingClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<object>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  setTimer(ms: number, task: () => void, options?: { readonly background?: boolean }): Timer {
    const mark = {}
    this.#timers.add(mark)
    const fire = () => {
      this.#timers.delete(mark)
      task()
    }
    const timer = this.#clock.setTimer(ms, fire, options)
    return {
      cancel: () => {
        this.#timers.delete(mark)
        timer.cancel()
      },
    }
  }

  nextTurn(task: () => void): Timer {
    return this.#clock.nextTurn(task)
  }
}
