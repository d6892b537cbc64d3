import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { didYouMean } from '../../core/did-you-mean.js'
import { SerializeError } from '../../core/errors/operation.js'
import type { WireFormat } from '../format.js'
import type { WireLimits } from '../limits.js'
import { MessageCodecs } from './message-codec.js'
import { type ProtobufSchema, protobufSchema, writtenFile } from './protobuf-schema.js'

/** Schemas by the bytes of their descriptor set, so that all formats of an integration share one. */
const schemas = new WeakMap<Uint8Array, ProtobufSchema>()

/**
 * The wire format `protobuf`: payloads are messages of one type. `MessageCodecs` describes their values.
 * @param descriptorSet a serialised FileDescriptorSet
 * @param message the full name of the type
 * @throws SerializeError if the descriptors are not valid, or have no such message
 */
export function protobufFormat(
  limits: Required<WireLimits>,
  descriptorSet: Uint8Array,
  message: string,
): WireFormat {
  const { registry } = schemaOf(descriptorSet)
  const type = registry.getMessage(message)
  if (type === undefined) {
    const names = [...registry].filter(({ kind }) => kind === 'message').map(({ typeName }) => typeName)
    const near = didYouMean(message, names)
    throw new SerializeError(
      `protobuf: the schema has no message ${JSON.stringify(message)}${near === undefined ? '' : `; did you mean ${near}?`}`,
    )
  }
  const { encode, decode } = new MessageCodecs(registry, limits).of(type)
  return { name: 'protobuf', contentType: 'application/protobuf', encode, decode }
}

function schemaOf(descriptorSet: Uint8Array): ProtobufSchema {
  let schema = schemas.get(descriptorSet)
  if (schema === undefined) {
    schema = protobufSchema(readSet(descriptorSet).map(writtenFile))
    schemas.set(descriptorSet, schema)
  }
  return schema
}

function readSet(bytes: Uint8Array) {
  try {
    return fromBinary(FileDescriptorSetSchema, bytes).file
  } catch (cause) {
    throw new SerializeError(`protobuf: the descriptor set is not valid: ${(cause as Error).message}`)
  }
}
