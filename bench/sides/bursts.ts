import type { Running } from '../measure/window.js'
import { running } from './running.js'

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
  const run = async (isStopped: () => boolean) => {
    while (!isStopped()) {
      for (let i = 0; i < size; i++) publish(count + i)
      await flushed()
      count += size
    }
  }
  return running(run, () => count)
}
