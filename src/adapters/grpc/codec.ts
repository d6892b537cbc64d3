import { Buffer } from 'node:buffer'
import { SerializeError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { asBuffer } from './bytes.js'
import type { MethodSchema } from './schema/index.js'

/** How the messages of one method look as bytes. Both sides of a call use the same one. */
export interface MethodCodec {
  /** @param value `undefined`: no parameters. @throws SerializeError naming the field */
  encodeRequest(value: Value | undefined): Buffer
  decodeRequest(bytes: Uint8Array): Value | undefined
  encodeResponse(value: Value): Buffer
  decodeResponse(bytes: Uint8Array): Value
}

const EMPTY = Buffer.alloc(0)

/** Protobuf by a schema. No parameters are an empty message, which every message type can be. */
export function protobufCodec(method: MethodSchema, maxBytes: number): MethodCodec {
  const encoded = (bytes: Uint8Array) => limited(asBuffer(bytes), maxBytes)
  return {
    encodeRequest: (value) => (value === undefined ? EMPTY : encoded(method.encodeRequest(value))),
    decodeRequest: (bytes) => method.decodeRequest(bytes),
    encodeResponse: (value) => encoded(method.encodeResponse(value)),
    decodeResponse: (bytes) => method.decodeResponse(bytes),
  }
}

/** A format that needs no schema. No parameters are `null` where the format can say that, else no bytes. */
export function plainCodec(format: WireFormat): MethodCodec {
  const nothing = format.name === 'binary' ? EMPTY : asBuffer(format.encode(null))
  return {
    encodeRequest: (value) => (value === undefined ? nothing : asBuffer(format.encode(value))),
    decodeRequest: (bytes) =>
      bytes.byteLength === 0 && format.name !== 'binary' ? undefined : format.decode(bytes),
    encodeResponse: (value) => asBuffer(format.encode(value)),
    decodeResponse: (bytes) => format.decode(bytes),
  }
}

function limited(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length > maxBytes)
    throw new SerializeError(`protobuf: ${bytes.length} bytes are more than the limit of ${maxBytes} bytes`)
  return bytes
}
