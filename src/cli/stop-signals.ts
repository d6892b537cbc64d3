import type { Clock } from '../core/clock.js'

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

/** The same signal within this time was sent once: timeout(1) sends it to a process and to the group of it. */
const SAME_SIGNAL_MS = 100

/** Tells a second signal from the first one that arrives twice. */
export function distinctSignals(clock: Clock): (signal: StopSignal) => boolean {
  let last: { readonly signal: StopSignal; readonly at: number } | undefined
  return (signal) => {
    const at = clock.monotonic()
    const isDistinct = last?.signal !== signal || at - last.at > SAME_SIGNAL_MS
    last = { signal, at }
    return isDistinct
  }
}

/**
 * Waits for the first signal to stop; the second one, whenever it comes, calls `atOnce`.
 * @param isLaunched the launcher passes signals on. A terminal sends its own to both processes: those count once.
 */
export function stopRequested(isLaunched: boolean, clock: Clock, atOnce: () => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const isDistinct = distinctSignals(clock)
    const stop = (signal: StopSignal) => {
      if (!isDistinct(signal)) return
      if (asked) return atOnce()
      asked = true
      resolve()
    }
    if (!isLaunched) {
      for (const signal of STOP_SIGNALS) process.on(signal, stop)
      return
    }
    for (const signal of STOP_SIGNALS) process.on(signal, () => {})
    process.on('message', stop)
    // The launcher was killed: nobody is left to end this process if its application hangs.
    process.on('disconnect', atOnce)
    // It may have been killed while the application was loading.
    if (!process.connected) atOnce()
  })
}
