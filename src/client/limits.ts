import { DURATION, SIGNAL } from '../core/arguments.js'
import { type Duration, toMilliseconds } from '../core/duration.js'
import type { RequestLimits } from '../mailbox/integration-mail.js'

/** How long an operation may take, and who may end it early. */
export interface OperationLimits {
  /** Milliseconds or text such as `"2s"`, for all attempts together; the integration's own when absent. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}

/** The same, for the check of arguments. */
export const LIMITS = { timeout: DURATION, signal: SIGNAL } as const

/** @param options checked before. */
export function limitsOf(options: OperationLimits | undefined): RequestLimits | undefined {
  if (options === undefined || (options.timeout === undefined && options.signal === undefined))
    return undefined
  return {
    ...(options.timeout !== undefined && { timeoutMs: toMilliseconds(options.timeout, 'timeout') }),
    ...(options.signal !== undefined && { signal: options.signal }),
  }
}
