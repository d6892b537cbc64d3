/**
 * Milliseconds that the other side asked us to wait before the next attempt; `undefined` if it did not ask. Never
 * throws.
 * @param error anything that was caught
 * @returns milliseconds; `undefined` where the error does not say
 */
export function retryAfterOf(error: unknown): number | undefined {
  const wait = (error as { retryAfterMs?: unknown } | null)?.retryAfterMs
  return typeof wait === 'number' ? wait : undefined
}
