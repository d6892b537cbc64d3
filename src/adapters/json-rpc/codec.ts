import type { RpcCall } from '../../core/adapter/rpc-facet.js'
import { SerializeError } from '../../core/errors/operation.js'
import type { Value } from '../../core/value.js'

/**
 * Builds a call (JSON-RPC 2.0, section 4), or a notification if `id` is absent (JSON-RPC 2.0, section 4.1).
 * @throws SerializeError if `params` is neither an object nor an array (JSON-RPC 2.0, section 4.2)
 */
export function requestOf(method: string, params: Value | undefined, id?: number): Value {
  const request: Record<string, Value> = { jsonrpc: '2.0', method }
  if (params !== undefined) request.params = structured(method, params)
  if (id !== undefined) request.id = id
  return request
}

/** Builds a batch (JSON-RPC 2.0, section 6) whose ids count up from `firstId`. */
export function batchOf(calls: readonly RpcCall[], firstId: number): Value {
  return calls.map(({ method, params }, i) => requestOf(method, params, firstId + i))
}

function structured(method: string, params: Value): Value {
  if (typeof params === 'object' && params !== null && !(params instanceof Uint8Array)) return params
  const found = params === null ? 'null' : params instanceof Uint8Array ? 'bytes' : `a ${typeof params}`
  throw new SerializeError(`params of ${method}: expected an array or an object, found ${found}`)
}
