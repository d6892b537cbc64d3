import type { RpcCall, RpcOutcome } from '../../core/adapter.js'
import { RpcError, SerializeError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'

type Members = { readonly [name: string]: Value }

/**
 * A call (JSON-RPC 2.0, section 4), or a notification when there is no id (4.1).
 * @throws SerializeError for params that are neither an object nor an array (4.2)
 */
export function requestOf(method: string, params: Value | undefined, id?: number): Value {
  const request: Record<string, Value> = { jsonrpc: '2.0', method }
  if (params !== undefined) request.params = structured(method, params)
  if (id !== undefined) request.id = id
  return request
}

/** A batch (section 6); the ids count up from `firstId`. */
export function batchOf(calls: readonly RpcCall[], firstId: number): Value {
  return calls.map(({ method, params }, i) => requestOf(method, params, firstId + i))
}

function structured(method: string, params: Value): Value {
  if (typeof params === 'object' && params !== null && !(params instanceof Uint8Array)) return params
  const found = params === null ? 'null' : params instanceof Uint8Array ? 'bytes' : `a ${typeof params}`
  throw new SerializeError(`params of ${method}: expected an array or an object, found ${found}`)
}

/**
 * Reads the answer to the call `id`, or to a notification, which has none (section 5). An error without an id is
 * about this request: there is no other.
 */
export function readReply(reply: Value, id: number | undefined, integration: string): RpcOutcome {
  if (!isMembers(reply)) return malformed(`expected an object, found ${kindOf(reply)}`, integration)
  const fault = envelopeFault(reply)
  if (fault !== undefined) return malformed(fault, integration)
  if (reply.id !== id && !(reply.id === null && Object.hasOwn(reply, 'error')))
    return malformed(`expected the id ${id ?? null}, found ${kindOf(reply.id)}`, integration)
  return outcomeOf(reply, integration)
}

/**
 * Reads the answer to a batch whose ids count up from `firstId`: answers may come in any order. One that is
 * missing or there twice is an error of its entry alone; an answer to something we did not ask is no answer.
 * An error in place of the array (section 6) is the error of every entry.
 */
export function readBatchReply(
  reply: Value,
  firstId: number,
  count: number,
  integration: string,
): RpcOutcome[] {
  if (!Array.isArray(reply)) return new Array<RpcOutcome>(count).fill(wholeBatch(reply, integration))
  const outcomes = new Array<RpcOutcome | undefined>(count).fill(undefined)
  let missing = malformed('the batch has no answer to this call', integration)
  for (const entry of reply as readonly Value[]) {
    if (!isMembers(entry)) continue
    const index = typeof entry.id === 'number' ? entry.id - firstId : -1
    if (Number.isInteger(index) && index >= 0 && index < count)
      outcomes[index] =
        outcomes[index] === undefined
          ? entryOutcome(entry, integration)
          : malformed('two answers to this call', integration)
    else if (entry.id === null && isErrorReply(entry)) missing = outcomeOf(entry, integration)
  }
  return outcomes.map((outcome) => outcome ?? missing)
}

function wholeBatch(reply: Value, integration: string): RpcOutcome {
  return isMembers(reply) && isErrorReply(reply)
    ? outcomeOf(reply, integration)
    : malformed(`expected an array of answers, found ${kindOf(reply)}`, integration)
}

function entryOutcome(entry: Members, integration: string): RpcOutcome {
  const fault = envelopeFault(entry)
  return fault === undefined ? outcomeOf(entry, integration) : malformed(fault, integration)
}

/** Whether it is an answer of the server that says what went wrong. */
function isErrorReply(reply: Members): boolean {
  return Object.hasOwn(reply, 'error') && envelopeFault(reply) === undefined
}

/** What is wrong with everything but the id, or `undefined`. */
function envelopeFault(reply: Members): string | undefined {
  if (reply.jsonrpc !== '2.0') return 'expected "jsonrpc": "2.0"'
  if (!Object.hasOwn(reply, 'id')) return 'expected an id, found none'
  const hasError = Object.hasOwn(reply, 'error')
  if (hasError === Object.hasOwn(reply, 'result'))
    return `expected either a result or an error, found ${hasError ? 'both' : 'neither'}`
  return hasError ? errorFault(reply.error!) : undefined
}

/** Section 5.1. */
function errorFault(error: Value): string | undefined {
  if (!isMembers(error)) return `expected an error object, found ${kindOf(error)}`
  if (!Number.isInteger(error.code))
    return `expected an integer as the code of the error, found ${kindOf(error.code)}`
  if (typeof error.message !== 'string')
    return `expected text as the message of the error, found ${kindOf(error.message)}`
  return undefined
}

function outcomeOf(reply: Members, integration: string): RpcOutcome {
  if (!Object.hasOwn(reply, 'error')) return { ok: true, value: reply.result! }
  const { code, message, data } = reply.error as Members
  return { ok: false, error: new RpcError(code as number, message as string, data, { integration }) }
}

function malformed(fault: string, integration: string): RpcOutcome {
  return { ok: false, error: new SerializeError(`malformed answer: ${fault}`, { integration }) }
}

function isMembers(value: Value): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: Value | undefined): string {
  if (value === undefined) return 'none'
  if (value === null || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
