import { RpcError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'

/** The user property in which an answer carries an error. */
export const ERROR_PROPERTY = 'nemo-error'

const INTERNAL_ERROR = -32_603
/** What a user property can hold. */
const LONGEST_BYTES = 65_535

/**
 * The error as JSON for the user property. Only an RpcError is meant for the other side; of anything else it
 * hears that there was an internal error. Data that does not fit is left out.
 */
export function errorProperty(error: Error): string {
  if (!(error instanceof RpcError)) return JSON.stringify({ code: INTERNAL_ERROR, message: 'internal error' })
  const { code, message, data } = error
  const whole = stringify({ code, message, data })
  if (whole !== undefined && Buffer.byteLength(whole) <= LONGEST_BYTES) return whole
  return JSON.stringify({ code, message: message.slice(0, 8_192) })
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** The error that an answer carries; `undefined` when it carries none. */
export function errorOf(headers: Headers | undefined): RpcError | undefined {
  const text = headers?.[ERROR_PROPERTY]
  if (text === undefined) return undefined
  const { code, message, data } = parse(text)
  return new RpcError(
    typeof code === 'number' ? code : INTERNAL_ERROR,
    typeof message === 'string' ? message : 'the server answered with an error that cannot be read',
    data,
  )
}

function parse(text: string): { code?: unknown; message?: unknown; data?: unknown } {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    // An error that cannot be read is still an error, and the caller is told so.
    return {}
  }
}
