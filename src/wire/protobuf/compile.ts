import { create, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { ConfigError } from '../../core/errors/config.js'
import type { NoteFile } from '../../core/note-file.js'
import { readRegularFile } from '../../core/read-file.js'
import type { ProtobufSettings } from '../../core/settings/protobuf.js'
import { protobufFormat } from './protobuf-format.js'
import { unreadable } from './unreadable.js'

/**
 * Reads the files of a schema, and checks that it has the message.
 * @param noteFile called with each file before it is read
 * @returns a serialised FileDescriptorSet
 * @throws ConfigError with the file, and its line if it is known
 */
export async function compileSchema(
  { proto, include, descriptorSet, message }: ProtobufSettings,
  noteFile: NoteFile = () => {},
): Promise<Uint8Array> {
  const schema =
    descriptorSet === undefined
      ? await compiled(proto, include, noteFile)
      : await read(descriptorSet, noteFile)
  try {
    protobufFormat({ maxBytes: 0, maxDepth: 0 }, schema, message)
  } catch (cause) {
    throw new ConfigError(`${descriptorSet ?? proto.join(', ')}: ${(cause as Error).message}`, [], { cause })
  }
  return schema
}

async function compiled(
  proto: readonly string[],
  include: readonly string[],
  noteFile: NoteFile,
): Promise<Uint8Array> {
  const { loadProtoFiles } = await import('./proto/load.js')
  const file = [...(await loadProtoFiles(proto, include, noteFile))]
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }))
}

async function read(path: string, noteFile: NoteFile): Promise<Uint8Array> {
  noteFile(path)
  try {
    return await readRegularFile(path)
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException)
  }
}
