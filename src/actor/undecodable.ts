import { SerializeError } from '../core/errors/operation.js'

/** The error of a payload that cannot be decoded. */
export function asSerializeError(error: unknown): SerializeError {
  return error instanceof SerializeError
    ? error
    : new SerializeError('the payload cannot be decoded', { cause: error })
}
