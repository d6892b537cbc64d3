import { type Clock, every, type Timer } from '../../../core/clock.js'

/** A connection to keep target. */
export interface KeepAliveTarget {
  /** Returns whether anything was received since the last call. */
  heard(): boolean
  /** Whether we have paused reading, so that nothing can be received. */
  isPaused(): boolean
  ping(): void
  silent(): void
}

/** Sends PING when nothing was received for one interval, and reports silence after another one. */
export function keepAlive(clock: Clock, intervalMs: number, target: KeepAliveTarget): Timer {
  let asked = false
  return every(
    clock,
    intervalMs,
    () => {
      if (target.heard() || target.isPaused()) asked = false
      else if (asked) target.silent()
      else {
        asked = true
        target.ping()
      }
    },
    { background: true },
  )
}
