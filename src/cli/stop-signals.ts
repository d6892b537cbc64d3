export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

/**
 * Waits for the first signal to stop; the second one, whenever it comes, calls `atOnce`.
 * @param isLaunched the launcher passes signals on. A terminal sends its own to both processes: those count once.
 */
export function stopRequested(isLaunched: boolean, atOnce: () => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const stop = () => {
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
