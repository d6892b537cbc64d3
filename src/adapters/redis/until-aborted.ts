import { abortFailure } from './failures.js'

/** Waits for `work`, but no longer than until `signal` aborts. @throws CancelledError, TimeoutError */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, operation: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortFailure(operation, signal))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
