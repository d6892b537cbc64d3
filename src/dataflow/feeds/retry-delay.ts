import { retryAfterOf } from '../../core/errors/retry-after.js'

const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * The delay before the next attempt of a source that failed.
 * @param failures how many attempts in a row have failed, from 1
 * @param random returns a number in `[0, 1)`; the delay is shortened by up to a fifth
 */
export function retryDelay(failures: number, error: unknown, random: () => number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16))
  return Math.max(full - (full / 5) * random(), retryAfterOf(error) ?? 0)
}
