import type { ErrorContext } from '../core/errors/context.js'
import { RpcError } from '../core/errors/rpc.js'

const INTERNAL_ERROR = -32_603
const METHOD_NOT_FOUND = -32_601
const LONGEST_MESSAGE = 8_192

/**
 * Encodes the error of an answer as JSON, without data that JSON or `maxBytes` does not allow. Shows only an RpcError to
 * the caller, because other errors may contain internal details.
 * @param maxBytes maximum size of the text, in bytes; no limit when absent
 */
export function rpcErrorText(error: Error, maxBytes?: number): string {
  if (!(error instanceof RpcError)) return JSON.stringify({ code: INTERNAL_ERROR, message: 'internal error' })
  const { code, message, data } = error
  const whole = stringify({ code, message, data })
  if (whole !== undefined && (maxBytes === undefined || Buffer.byteLength(whole) <= maxBytes)) return whole
  return JSON.stringify({
    code,
    message: maxBytes === undefined ? message : message.slice(0, LONGEST_MESSAGE),
  })
}

/** Decodes the error of an answer. An unreadable error still becomes an RpcError. */
export function rpcErrorOf(text: string): RpcError {
  const { code, message, data } = parse(text)
  return new RpcError(
    typeof code === 'number' ? code : INTERNAL_ERROR,
    typeof message === 'string' ? message : 'the server answered with an error that is not valid JSON',
    data,
  )
}

/** Returns the error of a call to a method without a server. */
export function noServer(method: string, context?: ErrorContext): RpcError {
  const message = `no server is registered for method ${JSON.stringify(method)}`
  return new RpcError(METHOD_NOT_FOUND, message, undefined, context)
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function parse(text: string): { code?: unknown; message?: unknown; data?: unknown } {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    return {}
  }
}
