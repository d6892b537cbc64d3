import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { SerializeError } from '../../../core/errors/operation.js'

/** A request to the server: ServerReflectionRequest (grpc/reflection/v1/reflection.proto). */
export type ReflectionQuestion =
  | { readonly kind: 'services' }
  | { readonly kind: 'symbol'; readonly symbol: string }
  | { readonly kind: 'file'; readonly name: string }

/** The server's answer: ServerReflectionResponse. */
export type ReflectionAnswer =
  | { readonly kind: 'services'; readonly services: readonly string[] }
  | { readonly kind: 'files'; readonly files: readonly Uint8Array[] }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }

const LENGTH = 2
/** Field numbers of the request. */
const FILE_BY_FILENAME = 3
const FILE_CONTAINING_SYMBOL = 4
const LIST_SERVICES = 7
/** Field numbers of the response. */
const FILE_DESCRIPTOR_RESPONSE = 4
const LIST_SERVICES_RESPONSE = 6
const ERROR_RESPONSE = 7

/** Encodes a request; the encoding is the same in v1 and v1alpha. */
export function writeQuestion(question: ReflectionQuestion): Uint8Array {
  const writer = new BinaryWriter()
  switch (question.kind) {
    case 'services':
      return writer.tag(LIST_SERVICES, LENGTH).string('*').finish()
    case 'symbol':
      return writer.tag(FILE_CONTAINING_SYMBOL, LENGTH).string(question.symbol).finish()
    case 'file':
      return writer.tag(FILE_BY_FILENAME, LENGTH).string(question.name).finish()
  }
}

/** Decodes an answer. @throws SerializeError if it is malformed */
export function readAnswer(bytes: Uint8Array): ReflectionAnswer {
  try {
    for (const { number, content } of contents(bytes)) {
      if (number === FILE_DESCRIPTOR_RESPONSE)
        return { kind: 'files', files: [...contents(content)].filter(first).map(({ content }) => content) }
      if (number === LIST_SERVICES_RESPONSE)
        return {
          kind: 'services',
          services: [...contents(content)].filter(first).map(({ content }) => nameIn(content)),
        }
      if (number === ERROR_RESPONSE) return errorOf(content)
    }
  } catch (cause) {
    throw new SerializeError(`server reflection: the answer is not valid: ${(cause as Error).message}`)
  }
  throw new SerializeError('server reflection: the answer is empty')
}

interface Content {
  readonly number: number
  readonly content: Uint8Array
}

/** Yields the length-delimited fields of a message and skips all others. */
function* contents(message: Uint8Array): Generator<Content> {
  const reader = new BinaryReader(message)
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    if (wireType === LENGTH) yield { number, content: reader.bytes() }
    else reader.skip(wireType, number)
  }
}

function first({ number }: Content): boolean {
  return number === 1
}

function nameIn(service: Uint8Array): string {
  for (const { number, content } of contents(service))
    if (number === 1) return Buffer.from(content).toString()
  return ''
}

function errorOf(error: Uint8Array): ReflectionAnswer {
  const reader = new BinaryReader(error)
  let code = 0
  let message = ''
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    if (number === 1 && wireType === 0) code = reader.int32()
    else if (number === 2 && wireType === LENGTH) message = reader.string()
    else reader.skip(wireType, number)
  }
  return { kind: 'error', code, message }
}
