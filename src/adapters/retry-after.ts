/** Longest wait that a server may ask for: one day. */
const LONGEST_WAIT_MS = 86_400_000

/**
 * Parses a `Retry-After` header (RFC 9110, section 10.2.3), which holds seconds or a date. Returns milliseconds,
 * one day at most; `undefined` if the header is missing or invalid.
 * @param now returns epoch milliseconds
 */
export function retryAfterMs(header: string | undefined, now: () => number): number | undefined {
  const text = header?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_WAIT_MS)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now()), LONGEST_WAIT_MS)
}
