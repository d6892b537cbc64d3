import { RpcError } from '../../core/errors/rpc.js'
import type { Headers, Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'

/** The headers of an error answer (NATS ADR-32). */
const ERROR = 'Nats-Service-Error'
const CODE = 'Nats-Service-Error-Code'
/** Carries the message as JSON text if a header cannot carry it unchanged. */
const MESSAGE = 'Nemo-Error-Message'

const INTERNAL_ERROR = -32_603
const LONGEST_MESSAGE = 8_192
const NO_BYTES = new Uint8Array(0)

/** An error as an answer: code and message in headers, `data` in the payload. */
export interface ErrorAnswer {
  readonly headers: Headers
  readonly payload: Uint8Array
}

/**
 * Encodes an error as an answer. Shows only an RpcError to the caller, because other errors may contain internal
 * details.
 */
export function errorAnswer(error: Error, format: WireFormat): ErrorAnswer {
  if (!(error instanceof RpcError))
    return { headers: { [ERROR]: 'internal error', [CODE]: String(INTERNAL_ERROR) }, payload: NO_BYTES }
  const message = error.message.slice(0, LONGEST_MESSAGE)
  const plain = message.replace(/\s+/g, ' ').trim()
  return {
    headers: {
      [ERROR]: plain,
      [CODE]: String(error.code),
      ...(plain !== message && { [MESSAGE]: JSON.stringify(message) }),
    },
    payload: encodeData(error.data, format),
  }
}

/** Decodes the error of an answer. @returns undefined if the answer is not an error */
export function errorOf(
  headers: Headers | undefined,
  payload: Uint8Array,
  format: WireFormat,
): RpcError | undefined {
  if (headers === undefined) return undefined
  const { [ERROR]: plain, [CODE]: code, [MESSAGE]: exact } = headers
  if (plain === undefined && code === undefined) return undefined
  const number = code === undefined || code.trim() === '' ? Number.NaN : Number(code)
  const message = (exact !== undefined && parseText(exact)) || plain || 'the service answered with an error'
  return new RpcError(
    Number.isInteger(number) ? number : INTERNAL_ERROR,
    message,
    decodeData(payload, format),
  )
}

/** Encodes the data of an error, or omits data that the format cannot represent: the error itself matters more. */
function encodeData(data: unknown, format: WireFormat): Uint8Array {
  if (data === undefined) return NO_BYTES
  try {
    return format.encode(data as Value)
  } catch {
    return NO_BYTES
  }
}

function decodeData(payload: Uint8Array, format: WireFormat): Value | undefined {
  if (payload.byteLength === 0) return undefined
  try {
    return format.decode(payload)
  } catch {
    return undefined
  }
}

function parseText(json: string): string | undefined {
  try {
    const text: unknown = JSON.parse(json)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}
