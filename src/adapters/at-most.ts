import type { Clock } from '../core/clock.js'

/** Waits for `work`, but at most `ms` milliseconds. @param work must not reject */
export function atMost(work: Promise<void>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, resolve, { background: true })
    void work.then(() => {
      timer.cancel()
      resolve()
    })
  })
}
