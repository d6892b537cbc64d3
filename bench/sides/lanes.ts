import type { Running } from '../measure/window.js'

/**
 * Does `operation` again and again, `lanes` of them at a time: each lane starts its next when the one before
 * has settled. The operation is given a running number.
 * @param timed also takes the time of each operation
 */
export function runLanes(lanes: number, operation: (n: number) => Promise<unknown>, timed = false): Running {
  let count = 0
  let stopped = false
  let failure: unknown
  let latencies: number[] = []

  const lane = async (first: number) => {
    for (let n = first; !stopped; n += lanes) {
      const start = timed ? performance.now() : 0
      await operation(n)
      if (timed) latencies.push((performance.now() - start) * 1_000)
      count++
    }
  }
  const all = Promise.all(Array.from({ length: lanes }, (_, i) => lane(i))).catch((error: unknown) => {
    failure = error
    stopped = true
  })
  const check = () => {
    if (failure !== undefined) throw failure
  }
  return {
    count() {
      check()
      return count
    },
    takeLatencies() {
      const taken = latencies
      latencies = []
      return taken
    },
    async stop() {
      stopped = true
      await all
      check()
    },
  }
}
