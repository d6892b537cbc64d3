import { type Clock, every, type Timer } from '../../../core/clock.js'

/** What is kept alive. */
export interface Alive {
  /** Whether anything has come since this was asked last. */
  heard(): boolean
  /** Whether it is our own doing that nothing comes. */
  isPaused(): boolean
  ping(): void
  silent(): void
}

/** Asks a silent connection for a sign of life after one interval, and gives it up after another. */
export function keepAlive(clock: Clock, intervalMs: number, alive: Alive): Timer {
  let asked = false
  return every(
    clock,
    intervalMs,
    () => {
      if (alive.heard() || alive.isPaused()) asked = false
      else if (asked) alive.silent()
      else {
        asked = true
        alive.ping()
      }
    },
    { background: true },
  )
}
