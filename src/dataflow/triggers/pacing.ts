import type { Clock, Timer } from '../../core/clock.js'
import type { FlowEvent } from '../events.js'

/** Delays or drops events. */
export interface Pace {
  offer(event: FlowEvent): void
  stop(): void
}

type Pass = (event: FlowEvent) => void

/** Passes an event when no other has followed for `ms`. @param dropped called for each event that another replaces */
export function debounce(ms: number, clock: Clock, pass: Pass, dropped: () => void): Pace {
  let timer: Timer | undefined
  return {
    offer(event) {
      if (timer !== undefined) dropped()
      timer?.cancel()
      timer = clock.setTimer(ms, () => {
        timer = undefined
        pass(event)
      })
    },
    stop: () => timer?.cancel(),
  }
}

/** Passes the first event, and after each `ms` the newest of those that came meanwhile. */
export function throttle(ms: number, clock: Clock, pass: Pass, dropped: () => void): Pace {
  let timer: Timer | undefined
  let newest: FlowEvent | undefined
  const begin = (event: FlowEvent) => {
    timer = clock.setTimer(ms, () => {
      timer = undefined
      const next = newest
      newest = undefined
      if (next !== undefined) begin(next)
    })
    pass(event)
  }
  return {
    offer(event) {
      if (timer === undefined) return begin(event)
      if (newest !== undefined) dropped()
      newest = event
    },
    stop: () => timer?.cancel(),
  }
}
