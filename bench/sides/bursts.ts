import type { Running } from '../measure/window.js'

/**
 * For clients whose publish cannot be awaited: `publish` is called `size` times, then `flushed` tells when the
 * broker has taken that, again and again.
 */
export function runBursts(
  size: number,
  publish: (n: number) => void,
  flushed: () => Promise<unknown>,
): Running {
  let count = 0
  let stopped = false
  let failure: unknown
  const run = async () => {
    while (!stopped) {
      for (let i = 0; i < size; i++) publish(count + i)
      await flushed()
      count += size
    }
  }
  const done = run().catch((error: unknown) => {
    failure = error
  })
  const check = () => {
    if (failure !== undefined) throw failure
  }
  return {
    count() {
      check()
      return count
    },
    async stop() {
      stopped = true
      await done
      check()
    },
  }
}
