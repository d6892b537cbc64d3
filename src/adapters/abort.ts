import { CancelledError, IntegrationError, TimeoutError } from '../core/errors.js'

/** The error for an operation whose signal aborted: the signal's own reason where that is one of ours. */
export function abortFailure(operation: string, signal: AbortSignal): IntegrationError {
  if (signal.reason instanceof IntegrationError) return signal.reason
  return (signal.reason as Error | undefined)?.name === 'TimeoutError'
    ? new TimeoutError(operation)
    : new CancelledError()
}

/** Waits for `work`, but no longer than until `signal` aborts. @throws CancelledError, TimeoutError */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, operation: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortFailure(operation, signal))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
