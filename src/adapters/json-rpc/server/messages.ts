import { ACCESS_ERRORS } from '../../../core/access-errors.js'
import type { AccessRefusal } from '../../../core/adapter/authentication.js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { Value } from '../../../core/value.js'
import { isGoingAway } from '../going-away.js'

/** One request of a caller (JSON-RPC 2.0, section 4), or an invalid value in its place. */
export type Entry =
  | { readonly kind: 'call'; readonly id: Id; readonly method: string; readonly params: Value | undefined }
  | { readonly kind: 'notification'; readonly method: string; readonly params: Value | undefined }
  /** `id` is the request's, if it has a valid one; otherwise null (JSON-RPC 2.0, section 5). */
  | { readonly kind: 'invalid'; readonly id: Id; readonly fault: string }

export type Id = string | number | null

/** Predefined errors (JSON-RPC 2.0, section 5.1). */
export const PARSE_ERROR = { code: -32_700, message: 'Parse error' } as const
const INVALID_REQUEST = { code: -32_600, message: 'Invalid Request' } as const
const METHOD_NOT_FOUND = { code: -32_601, message: 'Method not found' } as const
const INTERNAL_ERROR = { code: -32_603, message: 'Internal error' } as const
/** Error of the range reserved for servers: the server stopped during the method, which may have had its effect. */
export const STOPPED = {
  code: -32_000,
  message: 'The server was stopped before the method had finished',
} as const

/** Error of that range: the method has had its effect, but its answer is lost. */
export const NO_MEMORY = {
  code: -32_000,
  message: 'The server has no memory for the answer; the method was executed',
} as const

/** Error for a caller beyond its rate (EIP-1474 has the same code). The call was not executed. */
export function limitExceeded(waitMs: number): ErrorObject {
  return { code: -32_005, message: 'Limit exceeded', data: { retryAfterMs: Math.ceil(waitMs) } }
}

/** The method by which the caller of a WebSocket presents a token. JSON-RPC reserves the prefix for extensions. */
export const AUTHENTICATE = 'rpc.authenticate'

export interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: Value
}

/** Reads one request from a value of any shape. */
export function readEntry(value: Value): Entry {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'invalid', id: null, fault: 'expected an object' }
  const { jsonrpc, id, method, params } = value as { readonly [name: string]: Value }
  const fault = faultOf(jsonrpc, id, method, params)
  if (fault !== undefined) return { kind: 'invalid', id: isId(id) ? id : null, fault }
  const request = { method: method as string, params }
  return id === undefined ? { kind: 'notification', ...request } : { kind: 'call', id: id as Id, ...request }
}

function faultOf(
  jsonrpc: Value | undefined,
  id: Value | undefined,
  method: Value | undefined,
  params: Value | undefined,
): string | undefined {
  if (jsonrpc !== '2.0') return 'expected "jsonrpc": "2.0"'
  if (id !== undefined && !isId(id)) return 'expected a string, a number or null as the id'
  if (typeof method !== 'string') return 'expected a string as the method'
  if (params !== undefined && (typeof params !== 'object' || params === null))
    return 'expected an array or an object as the parameters'
  return undefined
}

/**
 * Tells whether the value is a valid id. A number beyond 2^53 is not, because its digits were lost when it was parsed.
 * 1e400 is parsed as Infinity, which no answer can carry.
 */
function isId(id: Value | undefined): id is Id {
  if (typeof id === 'number') return Math.abs(id) <= Number.MAX_SAFE_INTEGER
  return id === null || typeof id === 'string'
}

export function errorReply(id: Id, error: ErrorObject): Value {
  return { jsonrpc: '2.0', error: { ...error }, id }
}

/** Builds the error "Invalid Request". @param fault goes to `data` and says what is wrong */
export function invalidRequest(id: Id, fault: string): Value {
  return errorReply(id, { ...INVALID_REQUEST, data: fault })
}

export function methodNotFound(id: Id): Value {
  return errorReply(id, METHOD_NOT_FOUND)
}

/** Builds the error of a call that its caller may not make. */
export function accessRefused(id: Id, { kind, reason }: AccessRefusal): Value {
  return errorReply(id, { ...ACCESS_ERRORS[kind], data: { reason } })
}

/** Builds the error "Internal error", for failures whose details the caller must not see. */
export function internalError(id: Id): Value {
  return errorReply(id, INTERNAL_ERROR)
}

/**
 * Builds the answer from a handler's outcome (JSON-RPC 2.0, section 5): its result, its RpcError, or "Internal
 * error".
 */
export function replyOf(id: Id, outcome: RpcOutcome): Value {
  if (outcome.ok) return { jsonrpc: '2.0', result: outcome.value, id }
  const { kind, code, message, data } = outcome.error as Error & {
    kind?: unknown
    code?: unknown
    data?: Value
  }
  if (kind !== 'rpc') return internalError(id)
  // Drop a shutdown mark that a handler passes on from another server, because this method was called.
  const isKept = data !== undefined && !isGoingAway(code, data)
  return errorReply(id, { code: integerOf(code), message, ...(isKept && { data }) })
}

/**
 * Converts the code to an integer (JSON-RPC 2.0, section 5.1), so that an invalid code does not cost the caller the
 * message.
 */
function integerOf(code: unknown): number {
  const { MAX_SAFE_INTEGER: most } = Number
  if (typeof code !== 'number' || Number.isNaN(code)) return INTERNAL_ERROR.code
  return Math.trunc(Math.max(-most, Math.min(most, code)))
}
