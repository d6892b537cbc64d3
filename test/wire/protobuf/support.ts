import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type MessageCodec,
  type MessageCodecOptions,
  MessageCodecs,
} from '../../../src/wire/protobuf/message-codec.js'
import { loadProtoFiles } from '../../../src/wire/protobuf/proto/load.js'
import { protobufSchema, writtenFile } from '../../../src/wire/protobuf/protobuf-schema.js'

/** Codecs for the messages of a .proto text, by name. */
export async function codecsOf(
  text: string,
  options?: MessageCodecOptions,
): Promise<(typeName: string) => MessageCodec> {
  return (await schemaOf(text, options)).codec
}

/** The descriptors of a .proto text, and codecs for its messages. */
export async function schemaOf(text: string, options?: MessageCodecOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'proto-'))
  try {
    const path = join(folder, 'test.proto')
    await writeFile(path, text)
    const { registry } = protobufSchema((await loadProtoFiles([path], [])).map(writtenFile))
    const codecs = new MessageCodecs(registry, options)
    return { registry, codec: (typeName: string) => codecs.of(registry.getMessage(typeName)!) }
  } finally {
    await rm(folder, { recursive: true })
  }
}
