import type { Clock } from '../core/clock.js'
import type { Request } from './request.js'

/** Resolves when only receives and sources are in flight, which may wait indefinitely, or after `ms`. */
export async function drained(queue: Iterable<Request>, clock: Clock, ms: number): Promise<void> {
  const until = clock.monotonic() + ms
  for (;;) {
    const open = [...queue].find((request) => !request.traits.isOpenEnded)
    const left = until - clock.monotonic()
    if (open === undefined || left <= 0) return
    await settled(open, clock, left)
  }
}

/** Resolves when a request is settled, or after `ms`. */
function settled(request: Request, clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, resolve)
    const before = request.onSettled
    request.onSettled = () => {
      before?.()
      timer.cancel()
      resolve()
    }
  })
}
