/** Work at a steady rate, until it is stopped. */
export interface Pace {
  /** Resolves when the last call has been made. */
  stop(): Promise<void>
}

const TICK_MS = 10
/** What was missed in a stall is made up for, but no more than this share of a second of it. */
const MOST_ARREARS = 0.25

/** Calls `work` about `perSecond` times a second, with 0, 1, 2 … */
export function atPace(perSecond: number, work: (n: number) => void): Pace {
  let n = 0
  let owed = 0
  let last = performance.now()
  let stopped = false
  const ended = new Promise<void>((resolve) => {
    const tick = () => {
      if (stopped) return resolve()
      const now = performance.now()
      owed = Math.min(owed + ((now - last) * perSecond) / 1_000, perSecond * MOST_ARREARS)
      last = now
      for (; owed >= 1; owed--) work(n++)
      setTimeout(tick, TICK_MS)
    }
    tick()
  })
  return {
    stop() {
      stopped = true
      return ended
    },
  }
}
