import type { Backoff } from '../core/settings.js'

/**
 * How long to wait before the next try.
 * @param jitter 0 to 1, the share of the delay that is random: the result is uniform in `[d * (1 - jitter), d]`.
 *   Jitter only shortens, so that a cap stays a cap.
 * @param attempt the number of the try that failed: 1 gives the delay before the second try.
 * @param random uniform in `[0, 1)`, as `Math.random`.
 * @returns Milliseconds; finite and not negative, however large `attempt` is.
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

/** Without the case of 0 × Infinity, which is NaN and would pass through every cap. */
function times(ms: number, factor: number): number {
  return ms === 0 || factor === 0 ? 0 : ms * factor
}

function capped(ms: number, maxMs: number): number {
  return Math.min(ms, maxMs, Number.MAX_SAFE_INTEGER)
}
