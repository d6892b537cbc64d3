import { onAbort } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import { CancelledError, TimeoutError } from '../core/errors/operation.js'

/** Limits a wait. */
export interface WaitLimits {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits for a promise within limits. The work behind the promise continues.
 * @param operation part of the error: `refresh of data "users"`
 * @throws TimeoutError, CancelledError, and what the promise rejects with
 */
export function within<T>(
  clock: Clock,
  operation: string,
  promise: Promise<T>,
  { timeoutMs, signal }: WaitLimits,
): Promise<T> {
  if (timeoutMs === undefined && signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      timer?.cancel()
      forget?.()
      settle()
    }
    const cancel = () => end(() => reject(new CancelledError({ cause: signal?.reason })))
    const timer =
      timeoutMs === undefined
        ? undefined
        : clock.setTimer(timeoutMs, () =>
            end(() => reject(new TimeoutError(operation, { afterMs: timeoutMs, fault: 'local' }))),
          )
    const forget = signal && onAbort(signal, cancel)
    promise.then(
      (value) => end(() => resolve(value)),
      (error) => end(() => reject(error)),
    )
    if (signal?.aborted) cancel()
  })
}
