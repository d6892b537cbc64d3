import type { Clock } from '../../core/clock.js'

/** Resolves with `work`, but no later than after `ms`. */
export function atMost(work: Promise<void>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, resolve, { background: true })
    void work.then(() => {
      timer.cancel()
      resolve()
    })
  })
}
