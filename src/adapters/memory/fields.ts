import type { Headers } from '../../core/value.js'

// The broker takes a field of the wrong shape for a breach of the protocol and closes the line, which would
// hit every other operation on it: so what comes from an application is set right here, or refused.

/** Milliseconds as the line carries them: finite and not negative; what is no number is 0. */
export const period = (ms: number): number =>
  Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), Number.MAX_SAFE_INTEGER)

/** Whether all headers, if any, are text. */
export function areHeaders(headers: Headers | undefined): boolean {
  if (headers === undefined) return true
  for (const key in headers) if (typeof headers[key] !== 'string') return false
  return true
}
