import { type Clock, sleep } from '../core/clock.js'
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
}

const GIVE_UP: RetryDecision = { kind: 'give-up' }

/**
 * Decides whether an operation is tried again, and when (specification: Retry Strategies).
 *
 * Never retried: an error that is not an `IntegrationError`, cancellation, shutdown, and an open circuit,
 * whose answer is to fail fast. Otherwise `retryableErrors` decides, or, when that is empty, the error's own
 * `retryable`. A wait that the other side asked for is a lower bound of the delay. A delay that leaves no
 * time before the deadline is not begun.
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
  if (known === undefined || !isRetryable(settings, known)) return GIVE_UP
  const delay = backoffDelay(settings.backoff, settings.jitter, attempt, context.random)
  const afterMs = Math.max(delay, requestedWait(known))
  if (context.now + afterMs >= context.deadline) return GIVE_UP
  return { kind: 'retry', afterMs }
}

function isRetryable(settings: RetrySettings, error: IntegrationError): boolean {
  if (error.kind === 'cancelled' || error.kind === 'shutdown' || error.kind === 'circuit-open') return false
  if (settings.retryableErrors.length === 0) return error.retryable
  return error.errorClass !== undefined && settings.retryableErrors.includes(error.errorClass)
}

/** NaN, from an adapter that read nonsense off the wire, would otherwise defeat both comparisons. */
function requestedWait(error: IntegrationError): number {
  return retryAfterOf(error) || 0
}

/** What `withRetry` works with. */
export interface RetryOptions {
  readonly settings: RetrySettings
  readonly clock: Clock
  /** `clock.monotonic()` milliseconds at which the whole operation is given up; for ever when absent. */
  readonly deadline?: number
  /** Ends the waiting between two attempts. Ending a running attempt is the attempt's own affair. */
  readonly signal?: AbortSignal
  /** `Math.random` when absent. */
  readonly random?: () => number
  /** Told before each wait; for counters and logs. Must not throw. */
  readonly onRetry?: (attempt: number, error: unknown, afterMs: number) => void
}

/**
 * Runs `run` until it succeeds or `decideRetry` gives up.
 * @param run one attempt; told its number, from 1.
 * @throws the error of the last attempt; when the signal aborts between two attempts, its reason if that is
 *   an `IntegrationError`, else `CancelledError`.
 */
export async function withRetry<T>(
  run: (attempt: number) => Promise<T> | T,
  options: RetryOptions,
): Promise<T> {
  const { settings, clock, signal, deadline = Infinity, random = Math.random } = options
  for (let attempt = 1; ; attempt++) {
    if (signal?.aborted) throw abortReason(signal)
    try {
      return await run(attempt)
    } catch (error) {
      const decision = decideRetry(settings, attempt, error, { deadline, now: clock.monotonic(), random })
      if (decision.kind === 'give-up') throw error
      options.onRetry?.(attempt, error, decision.afterMs)
      await interruptibleSleep(clock, decision.afterMs, signal)
    }
  }
}

async function interruptibleSleep(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(clock, ms, signal)
  } catch (reason) {
    throw signal?.aborted ? abortReason(signal) : reason
  }
}

/** The signal's reason where it is one of ours, else a `CancelledError` caused by it. */
export function abortReason(signal: AbortSignal): IntegrationError {
  return asIntegrationError(signal.reason) ?? new CancelledError({ cause: signal.reason })
}
