import { Buffer, isUtf8 } from 'node:buffer'
import { SerializeError } from '../core/errors/operation.js'
import type { Value } from '../core/value.js'
import type { Carrier } from './carrier.js'
import { checkCarried } from './check.js'
import type { WireFormat } from './format.js'
import { isTooDeep } from './json-depth.js'
import { checkSize, type WireLimits } from './limits.js'

/**
 * The wire format `json`: JSON in UTF-8 (RFC 8259). Undefined members are left out, undefined items become null, and a
 * Date becomes its ISO text, as in `JSON.stringify`. A received `__proto__` becomes an ordinary member.
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
    // The value was checked, so the only failure left is a text longer than the longest string of V8.
    throw new SerializeError(`json: the value cannot be written: ${(cause as Error).message}`)
  }
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString()
  // Decoding silently replaces bytes that are not UTF-8 by U+FFFD. Check only texts that contain it, which are rare.
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

/** The message of the parser, without the part of the payload that it quotes. */
function syntaxFault(message: string, text: string): string {
  if (text === '') return 'the text is empty'
  const position = / at position (\d+)/.exec(message)?.[1]
  // Versions of V8 report a text that ends early either in words or as the position after the last character.
  if (message.startsWith('Unexpected end') || Number(position) === text.length)
    return `the text of ${text.length} characters ends too early`
  if (position !== undefined) return `the text is not JSON at character ${position} of ${text.length}`
  return `the text of ${text.length} characters is not JSON`
}
