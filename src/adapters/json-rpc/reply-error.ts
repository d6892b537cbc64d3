import type { ErrorContext } from '../../core/errors/context.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import { GOING_AWAY_CONTEXT, isGoingAway } from './going-away.js'
import { isMembers, kindOf } from './members.js'

/** Code of an error without one: the first of the codes reserved for servers (JSON-RPC 2.0, section 5.1). */
const UNNUMBERED = -32_000
/** Maximum number of characters of a malformed error that become its message. */
const LONGEST_TEXT = 200

/** Checks an error object against JSON-RPC 2.0, section 5.1; returns `undefined` if it is valid. */
export function errorFault(error: Value): string | undefined {
  if (!isMembers(error)) return `expected an error object, found ${kindOf(error)}`
  if (!Number.isInteger(error.code))
    return `expected an integer as the code of the error, found ${kindOf(error.code)}`
  if (typeof error.message !== 'string')
    return `expected text as the message of the error, found ${kindOf(error.message)}`
  return undefined
}

/**
 * Converts the server's error, whatever its shape; what fits no field goes to `data`. A gateway server's refusal
 * during shutdown is marked as not executed.
 */
export function errorOf(error: Value, context: ErrorContext, unnumbered = UNNUMBERED): RpcError {
  if (!isMembers(error)) return new RpcError(unnumbered, textOf(error), error, context)
  const { code, message, data, ...others } = error
  const number = numberOf(code)
  const text = typeof message === 'string' ? message : textOf(error)
  const isWhole = number !== undefined && typeof message === 'string' && Object.keys(others).length === 0
  const meaning = isGoingAway(number, data) ? { ...context, ...GOING_AWAY_CONTEXT } : context
  return new RpcError(number ?? unnumbered, text, isWhole || data !== undefined ? data : error, meaning)
}

function numberOf(code: Value | undefined): number | undefined {
  if (typeof code === 'number') return code
  return typeof code === 'string' && /^-?\d{1,15}$/.test(code) ? Number(code) : undefined
}

function textOf(error: Value): string {
  const text = typeof error === 'string' ? error : JSON.stringify(error)
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
