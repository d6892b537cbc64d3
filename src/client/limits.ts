import { toMilliseconds } from '../core/duration.js'
import type { OperationLimits } from '../core/operation-options.js'
import type { RequestLimits } from '../mailbox/integration-mail.js'

/** Converts the limits of an operation for a request. @param options must have been checked */
export function limitsOf(options: OperationLimits | undefined): RequestLimits | undefined {
  if (options === undefined || (options.timeout === undefined && options.signal === undefined))
    return undefined
  return {
    ...(options.timeout !== undefined && { timeoutMs: toMilliseconds(options.timeout, 'timeout') }),
    ...(options.signal !== undefined && { signal: options.signal }),
  }
}
