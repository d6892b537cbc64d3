import { CancelledError, type IntegrationError, retryAfterOf } from '../core/errors.js'
import type { RetrySettings } from '../core/settings.js'
import { backoffDelay } from './backoff.js'
import { asIntegrationError } from './classify.js'

/** What to do after an attempt failed. */
export type RetryDecision =
  | { readonly kind: 'give-up' }
  | { readonly kind: 'retry'; readonly afterMs: number }

/** What a retry decision depends on beside the failure itself. */
export interface RetryContext {
  /** `clock.monotonic()` milliseconds at which the whole operation is given up; `Infinity` for never. */
  readonly deadline: number
  /** `clock.monotonic()` milliseconds. */
  readonly now: number
  /** Uniform in `[0, 1)`, as `Math.random`. */
  readonly random: () => number
  /** Whether doing it twice does no harm, or delivers at least once as promised. */
  readonly mayRepeat: boolean
}

const GIVE_UP: RetryDecision = { kind: 'give-up' }

/**
 * Decides whether an operation is tried again, and when (specification: Retry Strategies).
 *
 * Never retried: an error that is not an `IntegrationError`, cancellation, shutdown, and an open circuit,
 * whose answer is to fail fast. Otherwise `retryableErrors` decides, or, when that is empty, the error's own
 * `retryable`. What may have been executed is repeated only if that does no harm, or if `retryableErrors` names
 * the class of the error: then the configuration takes the risk. A wait that the other side asked for is a lower
 * bound of the delay. A delay that leaves no time before the deadline is not begun.
 * @param attempt the number of the attempt that failed, from 1.
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

/** NaN, from an adapter that read nonsense off the wire, would otherwise defeat both comparisons. */
function requestedWait(error: IntegrationError): number {
  return retryAfterOf(error) || 0
}

/** The signal's reason where it is one of ours, else a `CancelledError` caused by it. */
export function abortReason(signal: AbortSignal): IntegrationError {
  return asIntegrationError(signal.reason) ?? new CancelledError({ cause: signal.reason })
}
