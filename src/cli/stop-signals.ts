import type { Clock } from '../core/clock.js'

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

/** The same signal within this time counts once, because timeout(1) sends it to a process and to its group. */
const SAME_SIGNAL_MS = 100

/** Makes a filter that drops a signal delivered twice. */
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
 * Resolves at the first signal to stop; the second one calls `atOnce`.
 * @param isLaunched whether the launcher forwards signals; those of a terminal reach both processes and count once
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
    // The launcher was killed, so that nothing could end this process if its application hangs.
    process.on('disconnect', atOnce)
    // The launcher may have been killed while the application was loading.
    if (!process.connected) atOnce()
  })
}
