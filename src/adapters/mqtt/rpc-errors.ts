import type { RpcError } from '../../core/errors/rpc.js'
import type { Headers } from '../../core/value.js'
import { rpcErrorOf, rpcErrorText } from '../rpc-errors.js'

/** The user property with the error of an answer. */
export const ERROR_PROPERTY = 'nemo-error'

/** Maximum size of a user property, in bytes. */
const LONGEST_BYTES = 65_535

/** Encodes an error for the user property. */
export function errorProperty(error: Error): string {
  return rpcErrorText(error, LONGEST_BYTES)
}

/** Decodes the error of an answer. @returns undefined if the answer is not an error */
export function errorOf(headers: Headers | undefined): RpcError | undefined {
  const text = headers?.[ERROR_PROPERTY]
  return text === undefined ? undefined : rpcErrorOf(text)
}
