import { SerializeError } from '../../../core/errors.js'
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

/** How much a server may make us take in; all that it says comes from the network. */
export interface ReflectionLimits {
  /** Default 1,000. */
  readonly maxFiles?: number
  /** Bytes of all descriptors together. Default 16 MiB. */
  readonly maxBytes?: number
}

/** Reflection is not asked for itself. */
const OWN_SERVICES = /^grpc\.reflection\./

/**
 * Asks a server for its services and for the files that declare them (gRPC Server Reflection Protocol).
 * @param exchange sends one serialised ServerReflectionRequest and gives the serialised answer; v1 and v1alpha have
 * the same bytes. It is called again only when the answer before is there.
 * @throws SerializeError when the server answers with an error, with nonsense, or with more than the limits; and
 * what `exchange` throws
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
      throw new SerializeError(`server reflection: ${subject(question)}: an answer to another question`)
    for (const file of answer.files) {
      bytes += file.length
      const read = schemaFile(file)
      files.set(read.descriptor.name, read)
      if (files.size > maxFiles || bytes > maxBytes)
        throw new SerializeError(
          `server reflection: more than ${maxFiles} files or ${maxBytes} bytes of descriptors`,
        )
    }
  }

  const list = await ask({ kind: 'services' })
  if (list.kind !== 'services')
    throw new SerializeError('server reflection: the services: an answer to another question')
  for (const symbol of list.services)
    if (!OWN_SERVICES.test(symbol) && !declares(files, symbol)) await take({ kind: 'symbol', symbol })
  for (let name = missing(files); name !== undefined; name = missing(files)) {
    await take({ kind: 'file', name })
    if (!files.has(name)) throw new SerializeError(`server reflection: ${name} was asked for, and not sent`)
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

/** The first import that is not there yet; well-known files need not be sent. */
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
