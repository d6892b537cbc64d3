import { Decoder, decodeTimestampToTimeSpec, Encoder, ExtensionCodec } from '@msgpack/msgpack'
import { SerializeError } from '../core/errors/operation.js'
import type { Value } from '../core/value.js'
import type { Carrier } from './carrier.js'
import { checkCarried } from './check.js'
import type { WireFormat } from './format.js'
import { checkSize, type WireLimits } from './limits.js'
import { type Findings, scanMessagePack } from './msgpack-scan.js'
import { lookOf } from './payload-look.js'
import { datesAsText, longsAsText, ownBinaries } from './rewrite.js'

/** An encoder with a larger buffer than this is replaced, because it never shrinks the buffer. */
const KEPT_BUFFER = 1024 * 1024
const TIMESTAMP = -1

/**
 * The wire format `msgpack`: MessagePack.
 *
 * Undefined members are left out and undefined items become nil. A Date becomes its ISO text, and so does a received
 * timestamp, so that values are alike in every format. Received integers beyond 2^53 become decimal text. A member
 * `__proto__`, unknown extensions and text that is not UTF-8 are refused.
 *
 * A payload that is JSON is refused with a hint. The single byte 0x37 is 7 in JSON and 55 in MessagePack, so a payload
 * of one such byte is refused too, and a number from 48 to 57 alone is written with two bytes.
 */
export function messagePackFormat(limits: Required<WireLimits>): WireFormat {
  const { maxBytes, maxDepth } = limits
  const carrier: Carrier = {
    name: 'msgpack',
    maxBytes,
    maxDepth,
    bytes: true,
    nonFinite: true,
    anyText: false,
  }
  let encoder = makeEncoder(maxDepth)
  const decoder = makeDecoder(maxBytes, false)
  let longDecoder: Decoder | undefined

  function encode(value: Value): Uint8Array {
    if (typeof value === 'number' && isDigit(value)) return Uint8Array.of(UINT8, value)
    const dates = checkCarried(value, carrier)
    const bytes = encoded(dates ? datesAsText(value) : value)
    if (bytes.length > KEPT_BUFFER) encoder = makeEncoder(maxDepth)
    checkSize(bytes.length, maxBytes, 'msgpack')
    return bytes
  }

  function encoded(value: Value): Uint8Array {
    try {
      return encoder.encode(value)
    } catch (cause) {
      encoder = makeEncoder(maxDepth)
      throw new SerializeError(`msgpack: the value cannot be written: ${(cause as Error).message}`)
    }
  }

  function decode(bytes: Uint8Array): Value {
    checkSize(bytes.length, maxBytes, 'msgpack')
    if (bytes.length === 1 && isDigit(bytes[0]!)) throw new SerializeError(digitFault(bytes[0]!))
    const { binaries, longs } = scanned(bytes)
    const value = decoded(bytes, longs)
    return binaries ? ownBinaries(value) : value
  }

  function scanned(bytes: Uint8Array): Findings {
    try {
      return scanMessagePack(bytes, maxDepth)
    } catch (error) {
      const look = lookOf(bytes)
      if (look === undefined) throw error
      throw new SerializeError(`msgpack: the payload looks like ${look}: set format = "${FORMATS[look]}"`)
    }
  }

  function decoded(bytes: Uint8Array, longs: boolean): Value {
    try {
      if (!longs) return decoder.decode(bytes) as Value
      longDecoder ??= makeDecoder(maxBytes, true)
      return longsAsText(longDecoder.decode(bytes))
    } catch (cause) {
      throw new SerializeError(`msgpack: ${(cause as Error).message}`)
    }
  }

  return { name: 'msgpack', contentType: 'application/msgpack', encode, decode }
}

function makeEncoder(maxDepth: number): Encoder {
  return new Encoder({ extensionCodec: timestamps(), ignoreUndefined: true, maxDepth: maxDepth + 1 })
}

/** The wire format to suggest for a payload that is not MessagePack, by what it looks like. */
const FORMATS = { JSON: 'json', 'plain text': 'binary' } as const
const UINT8 = 0xcc

/** Whether a number is the byte of a digit, which is the only JSON text of one byte. */
function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39 && Number.isInteger(byte)
}

function digitFault(byte: number): string {
  return (
    `msgpack: the payload looks like JSON (the text ${String.fromCharCode(byte)}): set format = "json". ` +
    `If the number ${byte} is meant, send it as uint8 (0xcc 0x${byte.toString(16)})`
  )
}

function makeDecoder(maxBytes: number, useBigInt64: boolean): Decoder {
  return new Decoder({
    useBigInt64,
    extensionCodec: timestamps(),
    maxStrLength: maxBytes,
    maxBinLength: maxBytes,
    maxArrayLength: maxBytes,
    maxMapLength: maxBytes,
    maxExtLength: maxBytes,
  })
}

/** Decodes timestamps to text and encodes none. The default codec would decode them to Dates. */
function timestamps(): ExtensionCodec {
  const codec = new ExtensionCodec()
  codec.register({ type: TIMESTAMP, encode: () => null, decode: timestampText })
  return codec
}

function timestampText(data: Uint8Array): string {
  const { sec, nsec } = decodeTimestampToTimeSpec(data)
  const date = new Date(sec * 1000 + Math.trunc(nsec / 1e6))
  if (Number.isNaN(date.getTime())) throw new RangeError('a timestamp beyond the range of dates')
  return date.toISOString()
}
