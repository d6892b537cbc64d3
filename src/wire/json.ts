import { Buffer, isUtf8 } from 'node:buffer'
import { SerializeError } from '../core/errors.js'
import type { Value } from '../core/value.js'
import type { Carrier } from './carrier.js'
import { checkCarried } from './check.js'
import type { WireFormat } from './format.js'
import { isTooDeep } from './json-depth.js'
import { checkSize, type WireLimits } from './limits.js'

/**
 * JSON in UTF-8 (RFC 8259). Undefined members are left out and undefined items become null, as in
 * `JSON.stringify`; a Date becomes its ISO text. A `__proto__` from the wire becomes an own member like any other.
 */
export function jsonFormat(limits: Required<WireLimits>): WireFormat {
  const { maxBytes, maxDepth } = limits
  const carrier: Carrier = { name: 'json', maxBytes, maxDepth, bytes: false, nonFinite: false, anyText: true }

  function encode(value: Value): Uint8Array {
    checkCarried(value, carrier)
    const bytes = Buffer.from(stringify(value))
    checkSize(bytes.length, maxBytes, 'json')
    return bytes
  }

  function decode(bytes: Uint8Array): Value {
    checkSize(bytes.length, maxBytes, 'json')
    if (isTooDeep(bytes, maxDepth))
      throw new SerializeError(`json: the text is nested deeper than ${maxDepth} levels`)
    return parse(textOf(bytes))
  }

  return { name: 'json', contentType: 'application/json', encode, decode }
}

function stringify(value: Value): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    // The value was checked: what is left is a text that outgrew the engine's longest string.
    throw new SerializeError(`json: the value cannot be written: ${(cause as Error).message}`)
  }
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString()
  // Decoding replaces what is not UTF-8 without a word; the replacement shows, and is rare enough to look twice.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new SerializeError('json: the text is not UTF-8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function parse(text: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch (cause) {
    throw new SerializeError(`json: ${syntaxFault((cause as Error).message, text)}`)
  }
}

/** What the parser says, less the piece of the payload it quotes. */
function syntaxFault(message: string, text: string): string {
  if (text === '') return 'the text is empty'
  const position = / at position (\d+)/.exec(message)?.[1]
  // Engines differ in how they say that there should be more: some give the position behind the last character.
  if (message.startsWith('Unexpected end') || Number(position) === text.length)
    return `the text of ${text.length} characters ends too early`
  if (position !== undefined) return `the text is not JSON at character ${position} of ${text.length}`
  return `the text of ${text.length} characters is not JSON`
}
