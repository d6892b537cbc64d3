import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schedule } from '../../../src/brokers/memory/schedule.js'
import type { Clock } from '../../../src/core/clock.js'

/** A clock that stands still until it is set; it has one timer at a time, as a schedule does. */
class StillClock implements Clock {
  #now = 0
  #timer: { readonly at: number; readonly task: () => void } | undefined
  now = () => this.#now
  monotonic = () => this.#now
  setTimer(ms: number, task: () => void) {
    const timer = { at: this.#now + ms, task }
    this.#timer = timer
    return {
      cancel: () => {
        if (this.#timer === timer) this.#timer = undefined
      },
    }
  }
  nextTurn(task: () => void) {
    return this.setTimer(0, task)
  }
  get waiting(): boolean {
    return this.#timer !== undefined
  }
  runAll(): void {
    for (let timer = this.#timer; timer; timer = this.#timer) {
      this.#timer = undefined
      this.#now = Math.max(this.#now, timer.at)
      timer.task()
    }
  }
}

describe('Schedule', () => {
  it('runs everything once, in the order of its time and then of its adding', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 100 }), (delays) => {
        const clock = new StillClock()
        const schedule = new Schedule(clock)
        const ran: number[] = []
        for (const [i, delay] of delays.entries())
          schedule.after(delay, () => {
            expect(clock.monotonic()).toBeGreaterThanOrEqual(delay)
            ran.push(i)
          })
        clock.runAll()
        const expected = delays.map((_, i) => i).sort((a, b) => delays[a]! - delays[b]! || a - b)
        expect(ran).toEqual(expected)
      }),
    )
  })

  it('leaves no timer behind when it is stopped', () => {
    const clock = new StillClock()
    const schedule = new Schedule(clock)
    schedule.after(5, () => {
      throw new Error('ran after it was stopped')
    })
    expect(clock.waiting).toBe(true)
    schedule.stop()
    expect(clock.waiting).toBe(false)
    clock.runAll()
  })
})
