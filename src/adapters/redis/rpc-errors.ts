import { RpcError } from '../../core/errors.js'

const INTERNAL_ERROR = -32_603
const METHOD_NOT_FOUND = -32_601

/**
 * The error of an answer, as JSON. Only an RpcError is meant for the other side; of anything else it hears that
 * there was an internal error. Data that JSON cannot carry is left out.
 */
export function errorText(error: Error): string {
  if (!(error instanceof RpcError)) return JSON.stringify({ code: INTERNAL_ERROR, message: 'internal error' })
  const { code, message, data } = error
  try {
    return JSON.stringify({ code, message, data })
  } catch {
    return JSON.stringify({ code, message })
  }
}

/** Reads it again; one that cannot be read is an error all the same. */
export function errorOf(text: string): RpcError {
  const { code, message, data } = parse(text)
  return new RpcError(
    typeof code === 'number' ? code : INTERNAL_ERROR,
    typeof message === 'string' ? message : 'the server answered with an error that cannot be read',
    data,
  )
}

/** The error for a call whose method is not served: no request was made. */
export function noServer(method: string): RpcError {
  return new RpcError(METHOD_NOT_FOUND, `nobody serves ${method}`, undefined, { notExecuted: true })
}

function parse(text: string): { code?: unknown; message?: unknown; data?: unknown } {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    return {}
  }
}
