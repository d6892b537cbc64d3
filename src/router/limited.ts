import type { Clock } from '../core/clock.js'
import { CancelledError, TimeoutError } from '../core/errors.js'

/**
 * Waits for something that goes on without us, no longer than we are willing to.
 * @param limits.until `clock.monotonic()` milliseconds; Infinity for ever.
 * @throws what `work` throws; CancelledError, TimeoutError
 */
export function limited<T>(
  work: Promise<T>,
  operation: { readonly integration: string; readonly name: string },
  limits: { readonly until: number; readonly signal?: AbortSignal },
  clock: Clock,
): Promise<T> {
  const { until, signal } = limits
  if (signal === undefined && until === Number.POSITIVE_INFINITY) return work
  const { integration, name } = operation
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(new CancelledError({ integration, cause: signal?.reason }))
    if (signal?.aborted) return onAbort()
    const timer =
      until === Number.POSITIVE_INFINITY
        ? undefined
        : clock.setTimer(until - clock.monotonic(), () => reject(new TimeoutError(name, { integration })))
    signal?.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => {
      timer?.cancel()
      signal?.removeEventListener('abort', onAbort)
    })
  })
}
