import type { Clock } from '../core/clock.js'
import type { Request } from './request.js'

/** Resolves when no request is in flight for which `isAwaited` returns true, or after `ms`. */
export async function drained(
  queue: Iterable<Request>,
  clock: Clock,
  ms: number,
  isAwaited: (request: Request) => boolean,
): Promise<void> {
  const until = clock.monotonic() + ms
  for (;;) {
    const open = [...queue].find(isAwaited)
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
