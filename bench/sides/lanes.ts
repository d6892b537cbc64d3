import type { Running } from '../measure/window.js'
import { running } from './running.js'

/**
 * Does `operation` again and again, `lanes` of them at a time: each lane starts its next when the one before
 * has settled. The operation is given a running number.
 * @param timed also takes the time of each operation
 */
export function runLanes(lanes: number, operation: (n: number) => Promise<unknown>, timed = false): Running {
  let count = 0
  let latencies: number[] = []

  const lane = async (first: number, isStopped: () => boolean) => {
    for (let n = first; !isStopped(); n += lanes) {
      const start = timed ? performance.now() : 0
      await operation(n)
      if (timed) latencies.push((performance.now() - start) * 1_000)
      count++
    }
  }
  const all = (isStopped: () => boolean) =>
    Promise.all(Array.from({ length: lanes }, (_, i) => lane(i, isStopped)))
  return {
    ...running(all, () => count),
    takeLatencies() {
      const taken = latencies
      latencies = []
      return taken
    },
  }
}
