import { RpcError } from '../core/errors/rpc.js'
import { type ErrorRecord, encodeError, messageOf } from '../mailbox/error-codec.js'
import { INTERNAL_ERROR } from '../router/rpc-routes.js'

/** The answer to a request whose handler threw. */
export interface Refusal {
  /** What the caller gets. Its `data` may be a value that cannot be sent. */
  readonly record: ErrorRecord
  /** What the log gets; `undefined` for an RpcError without a cause, which is an answer and not a failure. */
  readonly reported: unknown
}

/** Converts what a handler threw. Callers see the code, message and data of an RpcError, and nothing else. Never throws. */
export function refusalOf(thrown: unknown): Refusal {
  if (!isRpcError(thrown)) {
    const reported = thrown ?? new RpcError(INTERNAL_ERROR, 'Internal error')
    return { record: errorRecord(INTERNAL_ERROR, 'Internal error'), reported }
  }
  const code = read(thrown, 'code')
  const message = read(thrown, 'message')
  const data = read(thrown, 'data')
  if (isCode(code) && typeof message === 'string')
    return { record: errorRecord(code, message, data), reported: read(thrown, 'cause') ?? undefined }
  const found = typeof code === 'number' ? code : typeof code
  const reported = new RangeError(
    `RpcError: expected a 32-bit integer as the code, found ${found}; sent ${INTERNAL_ERROR} instead`,
    { cause: thrown },
  )
  return { record: errorRecord(INTERNAL_ERROR, messageOf(thrown), data), reported }
}

/** Makes the record of an RpcError. It has no stack and no cause, because these may reveal internals. */
export function errorRecord(code: number, message: string, data?: unknown): ErrorRecord {
  const { name, fields } = encodeError(new RpcError(code, message))
  return { name, message, fields: { ...fields, data } }
}

/** The record without its data. */
export function withoutData(record: ErrorRecord): ErrorRecord {
  return { ...record, fields: { ...record.fields, data: undefined } }
}

/** Whether a value is an RpcError. `instanceof` throws for some proxies. */
function isRpcError(thrown: unknown): thrown is RpcError {
  try {
    return thrown instanceof RpcError
  } catch {
    return false
  }
}

/** Reads a field; returns `undefined` if its getter throws. */
function read(error: RpcError, key: 'code' | 'message' | 'data' | 'cause'): unknown {
  try {
    return error[key]
  } catch {
    return undefined
  }
}

/** Whether every protocol has the code. */
function isCode(code: unknown): code is number {
  return Number.isInteger(code) && Math.abs(code as number) < 2 ** 31
}
