import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** A `grpc.reflection.v1.ServerReflectionRequest`; v1alpha has the same encoding. */
export type ReflectionQuestion =
  | { readonly kind: 'services' }
  | { readonly kind: 'file' | 'symbol'; readonly name: string }
  | { readonly kind: 'extensions' }

/** The content of the answer. */
export type ReflectionReply =
  | { readonly kind: 'services'; readonly names: readonly string[] }
  | { readonly kind: 'files'; readonly files: readonly Uint8Array[] }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }

const FILE = 3
const SYMBOL = 4
const EXTENSION = 5
const EXTENSIONS_OF_TYPE = 6
const SERVICES = 7

/** Decodes a request. @throws Error if it is malformed or empty */
export function readQuestion(request: Uint8Array): ReflectionQuestion {
  const reader = new BinaryReader(request)
  let question: ReflectionQuestion | undefined
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (type === WireType.LengthDelimited && (field === FILE || field === SYMBOL))
      question = { kind: field === FILE ? 'file' : 'symbol', name: reader.string() }
    else {
      reader.skip(type, field)
      if (field === SERVICES) question = { kind: 'services' }
      else if (field === EXTENSION || field === EXTENSIONS_OF_TYPE) question = { kind: 'extensions' }
    }
  }
  if (question === undefined) throw new Error('the request is empty')
  return question
}

/** Encodes the `ServerReflectionResponse` to a request. */
export function writeReply(request: Uint8Array, reply: ReflectionReply): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(2, WireType.LengthDelimited).bytes(request)
  switch (reply.kind) {
    case 'files':
      writer.tag(4, WireType.LengthDelimited).fork()
      for (const file of reply.files) writer.tag(1, WireType.LengthDelimited).bytes(file)
      return writer.join().finish()
    case 'services':
      writer.tag(6, WireType.LengthDelimited).fork()
      for (const name of reply.names)
        writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(name).join()
      return writer.join().finish()
    case 'error':
      writer.tag(7, WireType.LengthDelimited).fork()
      writer.tag(1, WireType.Varint).int32(reply.code)
      writer.tag(2, WireType.LengthDelimited).string(reply.message)
      return writer.join().finish()
  }
}
