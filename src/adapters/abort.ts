import { IntegrationError } from '../core/errors/integration-error.js'
import { CancelledError, TimeoutError } from '../core/errors/operation.js'

/**
 * Returns the error of an aborted operation: the signal's reason if it is an IntegrationError, otherwise a
 * TimeoutError or CancelledError.
 */
export function abortFailure(operation: string, signal: AbortSignal): IntegrationError {
  if (signal.reason instanceof IntegrationError) return signal.reason
  return (signal.reason as Error | undefined)?.name === 'TimeoutError'
    ? new TimeoutError(operation)
    : new CancelledError()
}

/** Settles like `work`, or rejects when `signal` aborts. @throws CancelledError, TimeoutError */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, operation: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortFailure(operation, signal))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
