/** A server that asks for more is taken to mean this. */
const LONGEST_WAIT_MS = 86_400_000

/**
 * What a header `Retry-After` asks for (RFC 9110, section 10.2.3): seconds or a date. Gives milliseconds, a day at
 * most; undefined when there is none, or it is neither.
 * @param now gives epoch milliseconds
 */
export function retryAfterMs(header: string | undefined, now: () => number): number | undefined {
  const text = header?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_WAIT_MS)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now()), LONGEST_WAIT_MS)
}
