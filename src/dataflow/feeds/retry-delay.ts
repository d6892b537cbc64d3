import { retryAfterOf } from '../../core/errors/retry-after.js'
import { backoffDelay } from '../../resilience/backoff.js'

const BACKOFF = { kind: 'exponential', initialMs: 1_000, factor: 2, maxMs: 60_000 } as const
const JITTER = 0.2

/**
 * The delay before the next attempt of a source that failed.
 * @param failures how many attempts in a row have failed, from 1
 * @param random returns a number in `[0, 1)`; the delay is shortened by up to a fifth
 */
export function retryDelay(failures: number, error: unknown, random: () => number): number {
  return Math.max(backoffDelay(BACKOFF, JITTER, failures, random), retryAfterOf(error) ?? 0)
}
