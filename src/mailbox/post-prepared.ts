import { SerializeError } from '../core/errors/operation.js'
import { plainValue } from '../core/plain-value.js'
import { messageOf } from './error-codec.js'

/**
 * Posts a value that `prepareValue` has returned. Structured clone refuses a proxy of an array, which `prepareValue` does
 * not look for: its plain copy is posted instead.
 * @throws SerializeError if the value cannot be cloned, for example detached bytes; then nothing was posted
 */
export function postPrepared(value: unknown, post: (value: unknown) => void): void {
  try {
    post(value)
  } catch {
    const plain = plainValue(value)
    try {
      post(plain)
    } catch (error) {
      throw new SerializeError(`the value cannot cross to another thread: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
}
