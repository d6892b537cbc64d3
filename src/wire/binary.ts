import { SerializeError } from '../core/errors/operation.js'
import type { Value } from '../core/value.js'
import type { WireFormat } from './format.js'
import { checkSize, type WireLimits } from './limits.js'

/** The wire format `binary`: passes bytes through unchanged and without a copy. */
export function binaryFormat({ maxBytes }: Required<WireLimits>): WireFormat {
  function encode(value: Value): Uint8Array {
    if (!(value instanceof Uint8Array))
      throw new SerializeError(
        `binary cannot carry $: expected bytes (a Uint8Array), found ${kindOf(value)}; encode it first, or use the format json or msgpack`,
      )
    checkSize(value.length, maxBytes, 'binary')
    return value
  }

  function decode(bytes: Uint8Array): Value {
    checkSize(bytes.length, maxBytes, 'binary')
    return bytes
  }

  return { name: 'binary', contentType: 'application/octet-stream', encode, decode }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
