import type { IntegrationError } from '../core/errors/integration-error.js'
import { CancelledError } from '../core/errors/operation.js'
import { retryAfterOf } from '../core/errors/retry-after.js'
import type { RetrySettings } from '../core/settings/retry.js'
import { backoffDelay } from './backoff.js'
import { asIntegrationError } from './classify.js'

/** What follows a failed attempt. */
export type RetryDecision =
  | { readonly kind: 'give-up' }
  | { readonly kind: 'retry'; readonly afterMs: number }

/** What a retry decision depends on beside the error. */
export interface RetryContext {
  /** When the operation times out, in milliseconds of `clock.monotonic()`; `Infinity` for never. */
  readonly deadline: number
  /** In milliseconds of `clock.monotonic()`. */
  readonly now: number
  /** Returns a number in `[0, 1)`, as `Math.random`. */
  readonly random: () => number
  /** Whether the operation may be executed twice: it is idempotent, or delivered at least once. */
  readonly mayRepeat: boolean
}

const GIVE_UP: RetryDecision = { kind: 'give-up' }

/**
 * Decides whether an operation is retried, and when.
 *
 * Errors that are not an `IntegrationError`, cancellation, shutdown and an open circuit are never retried. For other
 * errors `retryableErrors` decides, or `retryable` of the error if that list is empty.
 *
 * An operation that may have been executed is repeated only if `mayRepeat` is true, or if `retryableErrors` names the
 * class of the error: then the configuration accepts the risk. The delay is at least the wait that the other side asked
 * for. There is no retry if the delay would pass the deadline.
 * @param attempt the number of the failed attempt, from 1
 */
export function decideRetry(
  settings: RetrySettings,
  attempt: number,
  error: unknown,
  context: RetryContext,
): RetryDecision {
  if (attempt >= settings.maxAttempts) return GIVE_UP
  const known = asIntegrationError(error)
  if (known === undefined || !isRetryable(settings, known, context.mayRepeat)) return GIVE_UP
  const delay = backoffDelay(settings.backoff, settings.jitter, attempt, context.random)
  const afterMs = Math.max(delay, requestedWait(known))
  if (context.now + afterMs >= context.deadline) return GIVE_UP
  return { kind: 'retry', afterMs }
}

function isRetryable(settings: RetrySettings, error: IntegrationError, mayRepeat: boolean): boolean {
  if (error.kind === 'cancelled' || error.kind === 'shutdown' || error.kind === 'circuit-open') return false
  if (settings.retryableErrors.length === 0)
    return error.retryable && (mayRepeat || error.notExecuted === true)
  return error.errorClass !== undefined && settings.retryableErrors.includes(error.errorClass)
}

/**
 * The wait that the other side asked for. NaN from a faulty adapter counts as 0, because it would fail all comparisons.
 */
function requestedWait(error: IntegrationError): number {
  return retryAfterOf(error) || 0
}

/** The reason of a signal if it is an `IntegrationError`, else a `CancelledError` with that reason as its cause. */
export function abortReason(signal: AbortSignal): IntegrationError {
  return asIntegrationError(signal.reason) ?? new CancelledError({ cause: signal.reason })
}
