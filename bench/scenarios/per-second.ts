/** Runs between two looks at the clock. */
const BATCH = 1_000

/** Repeats work for a time. @returns how often it ran in a second */
export function perSecond(ms: number, work: () => void): number {
  const start = performance.now()
  let count = 0
  let elapsed = 0
  while (elapsed < ms) {
    for (let i = 0; i < BATCH; i++) work()
    count += BATCH
    elapsed = performance.now() - start
  }
  return (count / elapsed) * 1_000
}
