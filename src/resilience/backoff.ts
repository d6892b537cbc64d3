import type { Backoff } from '../core/settings/retry.js'

/**
 * The delay before the next attempt.
 * @param jitter 0 to 1, the share of the delay that is random: the result is uniform in `[d * (1 - jitter), d]`, so
 *   that it never exceeds the maximum
 * @param attempt the number of the failed attempt: 1 gives the delay before the second attempt
 * @param random returns a number in `[0, 1)`, as `Math.random`
 * @returns milliseconds; finite and not negative for any `attempt`
 */
export function backoffDelay(
  backoff: Backoff,
  jitter: number,
  attempt: number,
  random: () => number,
): number {
  const delay = fullDelay(backoff, Math.max(0, attempt - 1))
  return jitter > 0 ? delay - delay * Math.min(1, jitter) * random() : delay
}

function fullDelay(backoff: Backoff, steps: number): number {
  switch (backoff.kind) {
    case 'constant':
      return backoff.initialMs
    case 'linear':
      return capped(backoff.initialMs + times(backoff.incrementMs, steps), backoff.maxMs)
    case 'exponential':
      return capped(times(backoff.initialMs, backoff.factor ** steps), backoff.maxMs)
  }
}

/** Multiplies; gives 0 for 0 × Infinity, which would otherwise be NaN and pass every comparison with a maximum. */
function times(ms: number, factor: number): number {
  return ms === 0 || factor === 0 ? 0 : ms * factor
}

function capped(ms: number, maxMs: number): number {
  return Math.min(ms, maxMs, Number.MAX_SAFE_INTEGER)
}
