import { LazySignal } from '../core/abort.js'
import type { Attempt } from '../core/adapter/attempt.js'
import type { Clock } from '../core/clock.js'
import { TimeoutError } from '../core/errors/operation.js'
import { abortReason } from './retry.js'

class LazyAttempt extends LazySignal implements Attempt {
  readonly deadline: number

  constructor(deadline: number) {
    super()
    this.deadline = deadline
  }
}

export interface DeadlineOptions {
  readonly clock: Clock
  /** In milliseconds of `clock.monotonic()`. */
  readonly deadline: number
  /** The name of the operation in the error, such as `call users.list`. */
  readonly operation: string
  /** Aborts when the caller cancels the operation. */
  readonly signal?: AbortSignal
}

/**
 * Runs one attempt and settles by its deadline, even if the attempt ignores its signal. A later outcome of the attempt
 * is ignored.
 * @throws TimeoutError at the deadline; when `signal` aborts, its reason if that is an `IntegrationError`, else
 *   CancelledError; otherwise what `run` throws
 */
export function withDeadline<T>(
  run: (context: Attempt) => Promise<T> | T,
  options: DeadlineOptions,
): Promise<T> {
  const { clock, deadline, operation, signal } = options
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal))
    const startedAt = clock.monotonic()
    const left = deadline - startedAt
    if (left <= 0) return reject(new TimeoutError(operation))
    const attempt = new LazyAttempt(deadline)
    const giveUp = (reason: Error) => {
      release()
      // Reject before aborting, so that an error that the attempt throws on its signal does not win.
      reject(reason)
      attempt.abort(reason)
    }
    const onAbort = () => giveUp(abortReason(signal!))
    const timeOut = () => giveUp(new TimeoutError(operation, { afterMs: clock.monotonic() - startedAt }))
    const timer = left === Infinity ? undefined : clock.setTimer(left, timeOut)
    const release = () => {
      timer?.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const settled = new Promise<T>((done) => done(run(attempt)))
    settled.then(resolve, reject).finally(release)
  })
}
