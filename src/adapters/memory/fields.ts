import type { Headers } from '../../core/value.js'

// The broker takes a field of the wrong shape for a breach of the protocol and closes the line, which would
// hit every other operation on it. So these values are checked, or put right, before they are sent.

/** Milliseconds as the line carries them: finite and not negative. Anything but a number is 0. */
export const period = (ms: number): number =>
  typeof ms !== 'number' || Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), Number.MAX_SAFE_INTEGER)

/** Why these fields cannot be sent, or `undefined` when they can. */
export function fieldFault(name: unknown, headers?: Headers, payload?: unknown): string | undefined {
  if (typeof name !== 'string') return `expected a name of text, found ${typeof name}`
  if (payload !== undefined && !(payload instanceof Uint8Array)) return 'expected the payload in bytes'
  return headersFault(headers)
}

function headersFault(headers: Headers | undefined): string | undefined {
  if (headers === undefined) return undefined
  if (typeof headers !== 'object' || headers === null) return 'expected headers of text'
  for (const key in headers)
    if (typeof headers[key] !== 'string')
      return `expected headers of text, found ${typeof headers[key]} in ${JSON.stringify(key)}`
  return undefined
}

/** Marks an error of our own side: nothing was sent. */
export const LOCAL = { retryable: false, notExecuted: true, fault: 'local' } as const
