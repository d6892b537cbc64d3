import { Buffer } from 'node:buffer'
import { SerializeError } from '../../core/errors/operation.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { asBuffer } from './bytes.js'
import type { MethodSchema } from './schema/index.js'

/** Encodes and decodes the messages of one method, for client and server. */
export interface MethodCodec {
  /**
   * @param value `undefined` for no parameters
   * @throws SerializeError that names the field
   */
  encodeRequest(value: Value | undefined): Buffer
  decodeRequest(bytes: Uint8Array): Value | undefined
  encodeResponse(value: Value): Buffer
  decodeResponse(bytes: Uint8Array): Value
}

const EMPTY = Buffer.alloc(0)

/**
 * Makes a Protobuf codec from a schema. No parameters are encoded as an empty message, which is valid for every
 * type.
 */
export function protobufCodec(method: MethodSchema, maxBytes: number): MethodCodec {
  const encoded = (bytes: Uint8Array) => limited(asBuffer(bytes), maxBytes)
  return {
    encodeRequest: (value) => (value === undefined ? EMPTY : encoded(method.encodeRequest(value))),
    decodeRequest: (bytes) => method.decodeRequest(bytes),
    encodeResponse: (value) => encoded(method.encodeResponse(value)),
    decodeResponse: (bytes) => method.decodeResponse(bytes),
  }
}

/**
 * Makes a codec for a format without a schema. No parameters are encoded as `null` if the format has it, otherwise
 * as no bytes.
 */
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
    throw new SerializeError(
      `protobuf: the message has ${bytes.length} bytes; the limit is ${maxBytes} bytes`,
    )
  return bytes
}
