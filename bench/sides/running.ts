import type { Running } from '../measure/window.js'

/** Work that goes on until it is stopped, and what it has done so far. A failure of the work fails whoever asks. */
export function running(work: (isStopped: () => boolean) => Promise<unknown>, count: () => number): Running {
  let stopped = false
  let failure: unknown
  const done = work(() => stopped).catch((error: unknown) => {
    failure = error
    stopped = true
  })
  const check = () => {
    if (failure !== undefined) throw failure
  }
  return {
    count() {
      check()
      return count()
    },
    async stop() {
      stopped = true
      await done
      check()
    },
  }
}
