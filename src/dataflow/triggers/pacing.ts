import type { Clock, Timer } from '../../core/clock.js'
import type { Accepted } from './accepted.js'

/** Delays or drops events. */
export interface Pace {
  offer(event: Accepted): void
  /** Cancels what is planned. @returns the event that waits */
  stop(): Accepted | undefined
}

type Pass = (event: Accepted) => void

/** Passes an event when no other has followed for `ms`. @param dropped called for each event that another replaces */
export function debounce(ms: number, clock: Clock, pass: Pass, dropped: () => void): Pace {
  let timer: Timer | undefined
  let newest: Accepted | undefined
  const take = () => {
    const taken = newest
    newest = undefined
    return taken
  }
  return {
    offer(event) {
      if (newest !== undefined) dropped()
      newest = event
      timer?.cancel()
      timer = clock.setTimer(ms, () => pass(take()!))
    },
    stop() {
      timer?.cancel()
      return take()
    },
  }
}

/** Passes the first event, and after each `ms` the newest of those that came meanwhile. */
export function throttle(ms: number, clock: Clock, pass: Pass, dropped: () => void): Pace {
  let timer: Timer | undefined
  let newest: Accepted | undefined
  const take = () => {
    const taken = newest
    timer = undefined
    newest = undefined
    return taken
  }
  const begin = (event: Accepted) => {
    timer = clock.setTimer(ms, () => {
      const next = take()
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
    stop() {
      timer?.cancel()
      return take()
    },
  }
}
