import { SerializeError } from '../../../core/errors/operation.js'
import { bundledFile } from '../../../wire/protobuf/bundled.js'
import type { MessageCodecOptions } from '../../../wire/protobuf/message-codec.js'
import { protobufSchema, type SchemaFile, schemaFile } from '../../../wire/protobuf/protobuf-schema.js'
import { type GrpcSchema, grpcSchema } from './grpc-schema.js'
import {
  type ReflectionAnswer,
  type ReflectionQuestion,
  readAnswer,
  writeQuestion,
} from './reflection-messages.js'

/** Limits on what a server may send, because its answers are untrusted. */
export interface ReflectionLimits {
  /** Maximum number of files. Default 1,000. */
  readonly maxFiles?: number
  /** Maximum size of all descriptors together in bytes. Default 16 MiB. */
  readonly maxBytes?: number
}

/** The reflection service itself is not loaded. */
const OWN_SERVICES = /^grpc\.reflection\./

/**
 * Loads the services of a server and the files that declare them (gRPC Server Reflection Protocol).
 * @param exchange sends one encoded ServerReflectionRequest and returns the encoded answer; called again only after
 * the previous answer. v1 and v1alpha have the same encoding.
 * @throws SerializeError if the server answers with an error, is malformed or exceeds the limits; what `exchange`
 * throws
 */
export async function schemaByReflection(
  exchange: (request: Uint8Array) => Promise<Uint8Array>,
  limits: ReflectionLimits = {},
  options?: MessageCodecOptions,
): Promise<GrpcSchema> {
  const { maxFiles = 1000, maxBytes = 16 * 1024 * 1024 } = limits
  const files = new Map<string, SchemaFile>()
  let bytes = 0

  async function ask(question: ReflectionQuestion): Promise<ReflectionAnswer> {
    const answer = readAnswer(await exchange(writeQuestion(question)))
    if (answer.kind !== 'error') return answer
    throw new SerializeError(
      `server reflection: ${subject(question)}: ${answer.message} (status ${answer.code})`,
    )
  }

  async function take(question: ReflectionQuestion): Promise<void> {
    const answer = await ask(question)
    if (answer.kind !== 'files')
      throw new SerializeError(
        `server reflection: ${subject(question)}: expected files, found another kind of answer`,
      )
    for (const file of answer.files) {
      bytes += file.length
      const read = schemaFile(file)
      files.set(read.descriptor.name, read)
      if (files.size > maxFiles || bytes > maxBytes)
        throw new SerializeError(
          `server reflection: the schema exceeds the limit of ${maxFiles} files or ${maxBytes} bytes`,
        )
    }
  }

  const list = await ask({ kind: 'services' })
  if (list.kind !== 'services')
    throw new SerializeError('server reflection: expected the list of services, found another kind of answer')
  for (const symbol of list.services)
    if (!OWN_SERVICES.test(symbol) && !declares(files, symbol)) await take({ kind: 'symbol', symbol })
  for (let name = missing(files); name !== undefined; name = missing(files)) {
    await take({ kind: 'file', name })
    if (!files.has(name)) throw new SerializeError(`server reflection: the server did not send ${name}`)
  }
  return grpcSchema(protobufSchema(files.values()), options)
}

function declares(files: ReadonlyMap<string, SchemaFile>, service: string): boolean {
  for (const { descriptor } of files.values()) {
    const prefix = descriptor.package === '' ? '' : `${descriptor.package}.`
    if (descriptor.service.some(({ name }) => `${prefix}${name}` === service)) return true
  }
  return false
}

/** Returns the first missing import. Well-known files need not be sent. */
function missing(files: ReadonlyMap<string, SchemaFile>): string | undefined {
  for (const { descriptor } of files.values())
    for (const name of descriptor.dependency)
      if (!files.has(name) && bundledFile(name) === undefined) return name
  return undefined
}

function subject(question: ReflectionQuestion): string {
  switch (question.kind) {
    case 'services':
      return 'the services'
    case 'symbol':
      return question.symbol
    case 'file':
      return question.name
  }
}
