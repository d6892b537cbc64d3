import { Decoder, decodeTimestampToTimeSpec, Encoder, ExtensionCodec } from '@msgpack/msgpack'
import { SerializeError } from '../core/errors.js'
import type { Value } from '../core/value.js'
import type { Carrier } from './carrier.js'
import { checkCarried } from './check.js'
import type { WireFormat } from './format.js'
import { checkSize, type WireLimits } from './limits.js'
import { scanMessagePack } from './msgpack-scan.js'
import { datesAsText, ownBinaries } from './rewrite.js'

/** A reused encoder keeps the largest buffer it ever needed; beyond this it is replaced. */
const KEPT_BUFFER = 1024 * 1024
const TIMESTAMP = -1

/**
 * MessagePack. Undefined members are left out and undefined items become nil; a Date, and a timestamp from the
 * wire, is its ISO text, so that a value looks alike in every format. Integers beyond 2^53 arrive as the nearest
 * number, as they do in JSON. A member `__proto__` and unknown extensions are refused.
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
  const decoder = makeDecoder(maxBytes)

  function encode(value: Value): Uint8Array {
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
    const binaries = scanMessagePack(bytes, maxDepth)
    const value = decoded(bytes)
    return binaries ? ownBinaries(value) : value
  }

  function decoded(bytes: Uint8Array): Value {
    try {
      return decoder.decode(bytes) as Value
    } catch (cause) {
      throw new SerializeError(`msgpack: ${(cause as Error).message}`)
    }
  }

  return { name: 'msgpack', contentType: 'application/msgpack', encode, decode }
}

function makeEncoder(maxDepth: number): Encoder {
  return new Encoder({ extensionCodec: timestamps(), ignoreUndefined: true, maxDepth: maxDepth + 1 })
}

function makeDecoder(maxBytes: number): Decoder {
  return new Decoder({
    extensionCodec: timestamps(),
    maxStrLength: maxBytes,
    maxBinLength: maxBytes,
    maxArrayLength: maxBytes,
    maxMapLength: maxBytes,
    maxExtLength: maxBytes,
  })
}

/** Reads timestamps as text and writes none: the built-in codec would make Dates of them. */
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
