import { sharedController } from '../core/abort.js'
import type { Attempt } from '../core/adapter.js'
import type { Clock } from '../core/clock.js'
import { TimeoutError } from '../core/errors.js'
import { abortReason } from './retry.js'

/** What one attempt is given: its AbortController is made on first use, which most attempts never see. */
class LazyAttempt implements Attempt {
  readonly deadline: number
  #controller: AbortController | undefined
  #reason: Error | undefined

  constructor(deadline: number) {
    this.deadline = deadline
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = sharedController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}

/** What `withDeadline` works with. */
export interface DeadlineOptions {
  readonly clock: Clock
  /** `clock.monotonic()` milliseconds. */
  readonly deadline: number
  /** What is being done, for the error: `call users.list`. */
  readonly operation: string
  /** The caller's wish to end it. */
  readonly signal?: AbortSignal
}

/**
 * Runs one attempt and settles no later than its deadline, whether or not the attempt listens to its signal.
 * What the attempt does after it was given up is ignored.
 * @throws TimeoutError at the deadline; when `signal` aborts, its reason if that is an `IntegrationError`, else
 *   CancelledError; else what `run` throws.
 */
export function withDeadline<T>(
  run: (context: Attempt) => Promise<T> | T,
  options: DeadlineOptions,
): Promise<T> {
  const { clock, deadline, operation, signal } = options
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal))
    const left = deadline - clock.monotonic()
    if (left <= 0) return reject(new TimeoutError(operation))
    const attempt = new LazyAttempt(deadline)
    const giveUp = (reason: Error) => {
      release()
      // First our caller, then the attempt: what it throws on its signal must not win.
      reject(reason)
      attempt.abort(reason)
    }
    const onAbort = () => giveUp(abortReason(signal!))
    const timer =
      left === Infinity ? undefined : clock.setTimer(left, () => giveUp(new TimeoutError(operation)))
    const release = () => {
      timer?.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const settled = new Promise<T>((done) => done(run(attempt)))
    settled.then(resolve, reject).finally(release)
  })
}
