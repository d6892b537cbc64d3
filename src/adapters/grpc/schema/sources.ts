import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { ConfigError } from '../../../core/errors/config.js'
import { SerializeError } from '../../../core/errors/operation.js'
import type { MessageCodecOptions } from '../../../wire/protobuf/message-codec.js'
import {
  type ProtobufSchema,
  protobufSchema,
  schemaFile,
  writtenFile,
} from '../../../wire/protobuf/protobuf-schema.js'
import { type GrpcSchema, grpcSchema } from './grpc-schema.js'

/**
 * Reads .proto files as protoc does. Imports are searched in `includeDirs`, beside the files, and among the
 * well-known types.
 * @throws ConfigError with the file and the line of the fault
 */
export async function schemaFromProto(
  files: readonly string[],
  includeDirs: readonly string[],
  options?: MessageCodecOptions,
): Promise<GrpcSchema> {
  // Loaded on demand: integrations with descriptors do not need the parser.
  const { loadProtoFiles } = await import('../../../wire/protobuf/proto/load.js')
  const descriptors = await loadProtoFiles(files, includeDirs)
  return grpcSchema(schemaOf(descriptors, files), options)
}

function schemaOf(descriptors: readonly FileDescriptorProto[], files: readonly string[]): ProtobufSchema {
  try {
    return protobufSchema(descriptors.map(writtenFile))
  } catch (cause) {
    // Duplicate names and circular imports show only when all files are combined.
    throw new ConfigError(`${files.join(', ')}: ${(cause as Error).message}`, [], { cause })
  }
}

/**
 * Reads an encoded google.protobuf.FileDescriptorSet, as written by `protoc --include_imports --descriptor_set_out`
 * or `buf build`. Well-known files may be missing.
 * @throws SerializeError if it is malformed or lacks an import
 */
export function schemaFromDescriptorSet(bytes: Uint8Array, options?: MessageCodecOptions): GrpcSchema {
  return grpcSchema(protobufSchema(fileBytes(bytes).map(schemaFile)), options)
}

/** Returns the encoded files of a set unchanged, because a reflection server serves them again. */
function fileBytes(set: Uint8Array): Uint8Array[] {
  const files: Uint8Array[] = []
  try {
    const reader = new BinaryReader(set)
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag()
      if (number === 1 && wireType === 2) files.push(reader.bytes())
      else reader.skip(wireType, number)
    }
  } catch (cause) {
    throw new SerializeError(`protobuf: the descriptor set is not valid: ${(cause as Error).message}`)
  }
  return files
}
