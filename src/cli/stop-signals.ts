const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Waits for the first SIGINT or SIGTERM; the second one, whenever it comes, calls `atOnce`. */
export function stopRequested(atOnce: () => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = () => {
      if (asked) return atOnce()
      asked = true
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
  })
}
