import type { Headers } from '../../core/value.js'

// The broker treats a malformed field as a protocol violation and closes the connection, which would fail every
// other operation on it. These values are therefore checked or corrected before they are sent.

/**
 * Converts a period to milliseconds that the protocol accepts: finite and not negative. Anything but a number
 * becomes 0.
 */
export const period = (ms: number): number =>
  typeof ms !== 'number' || Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), Number.MAX_SAFE_INTEGER)

/** Checks the fields of an operation; returns `undefined` if they can be sent. */
export function fieldFault(name: unknown, headers?: Headers, payload?: unknown): string | undefined {
  if (typeof name !== 'string') return `expected a string as the name, found ${typeof name}`
  if (payload !== undefined && !(payload instanceof Uint8Array)) return 'expected a Uint8Array as the payload'
  return headersFault(headers)
}

function headersFault(headers: Headers | undefined): string | undefined {
  if (headers === undefined) return undefined
  if (typeof headers !== 'object' || headers === null) return 'expected an object of strings as the headers'
  for (const key in headers)
    if (typeof headers[key] !== 'string')
      return `header ${JSON.stringify(key)}: expected a string, found ${typeof headers[key]}`
  return undefined
}

/** Context of an error on our side: nothing was sent. */
export const LOCAL = { retryable: false, notExecuted: true, fault: 'local' } as const
