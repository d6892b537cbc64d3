/** The share of a smaller size in the running average. A larger one counts at once. */
const WEIGHT = 0.25

/**
 * Returns the size that the next of a series is expected to have.
 * @param expected what this one was expected to have
 * @param bytes the size that this one has
 */
export function nextExpected(expected: number, bytes: number): number {
  return bytes > expected ? bytes : Math.floor(expected + WEIGHT * (bytes - expected))
}
