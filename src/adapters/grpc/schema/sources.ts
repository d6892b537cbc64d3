import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { ConfigError, SerializeError } from '../../../core/errors.js'
import type { MessageCodecOptions } from '../../../wire/protobuf/message-codec.js'
import {
  type ProtobufSchema,
  protobufSchema,
  schemaFile,
  writtenFile,
} from '../../../wire/protobuf/protobuf-schema.js'
import { type GrpcSchema, grpcSchema } from './grpc-schema.js'

/**
 * Reads .proto files, as protoc would; imports are looked for in the folders, beside the files, and among the
 * well-known types.
 * @throws ConfigError with the file and the line of a fault
 */
export async function schemaFromProto(
  files: readonly string[],
  includeDirs: readonly string[],
  options?: MessageCodecOptions,
): Promise<GrpcSchema> {
  // The parser is for those alone who have no descriptors.
  const { loadProtoFiles } = await import('../../../wire/protobuf/proto/load.js')
  const descriptors = await loadProtoFiles(files, includeDirs)
  return grpcSchema(schemaOf(descriptors, files), options)
}

function schemaOf(descriptors: readonly FileDescriptorProto[], files: readonly string[]): ProtobufSchema {
  try {
    return protobufSchema(descriptors.map(writtenFile))
  } catch (cause) {
    // Names that are taken twice, imports in a circle: what the files are wrong in together.
    throw new ConfigError(`${files.join(', ')}: ${(cause as Error).message}`, [], { cause })
  }
}

/**
 * Reads a serialised google.protobuf.FileDescriptorSet, as `protoc --include_imports --descriptor_set_out` and
 * `buf build` write it. Well-known files may be missing.
 * @throws SerializeError when it is not valid or lacks an import
 */
export function schemaFromDescriptorSet(bytes: Uint8Array, options?: MessageCodecOptions): GrpcSchema {
  return grpcSchema(protobufSchema(fileBytes(bytes).map(schemaFile)), options)
}

/** The files of a set, each as it is in there: a reflection server gives them out again. */
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
