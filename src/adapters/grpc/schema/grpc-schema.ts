import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { didYouMean } from '../../../core/did-you-mean.js'
import { SerializeError } from '../../../core/errors/operation.js'
import { addTo } from '../../../core/list-map.js'
import type { Value } from '../../../core/value.js'
import { type MessageCodecOptions, MessageCodecs } from '../../../wire/protobuf/message-codec.js'
import type { ProtobufSchema } from '../../../wire/protobuf/protobuf-schema.js'
import { SchemaFiles } from './schema-files.js'

/** A method of a service, with the codecs of its messages. */
export interface MethodSchema {
  /** Request path: `/pkg.Service/Method`. */
  readonly path: string
  /** Full name of the service. */
  readonly service: string
  readonly name: string
  readonly kind: 'unary' | 'client-streaming' | 'server-streaming' | 'bidi'
  /** Whether the schema marks the method as idempotent or free of side effects. */
  readonly idempotent: boolean
  /** @throws SerializeError that names the unknown, missing or mistyped member */
  encodeRequest(value: Value): Uint8Array
  /** @throws SerializeError */
  decodeRequest(bytes: Uint8Array): Value
  /** @throws SerializeError, like `encodeRequest` */
  encodeResponse(value: Value): Uint8Array
  /** @throws SerializeError */
  decodeResponse(bytes: Uint8Array): Value
}

/** The services of a server and their messages. Immutable; all methods are synchronous. */
export interface GrpcSchema {
  /**
   * Finds a method by `pkg.Service/Method`, `pkg.Service.Method`, `/pkg.Service/Method`, or by an unambiguous
   * `Service/Method` or `Method`.
   * @throws SerializeError with the nearest match or all matches
   */
  method(name: string): MethodSchema
  /** Full names in the order of the files. */
  readonly services: readonly string[]
  /** Decodes a google.protobuf.Any; returns `{ '@type', value: base64 }` for a type outside the schema. */
  decodeAny(typeUrl: string, bytes: Uint8Array): Value
  /** Returns the descriptors of a file and of all its imports, as the answer of a reflection server. */
  fileByName(name: string): Uint8Array[] | undefined
  /**
   * Like `fileByName`, for the file that declares the message, enum, extension, service or method with that full
   * name.
   */
  fileContainingSymbol(symbol: string): Uint8Array[] | undefined
}

const KINDS = {
  unary: 'unary',
  client_streaming: 'client-streaming',
  server_streaming: 'server-streaming',
  bidi_streaming: 'bidi',
} as const

/** Builds the schema from a set of descriptors. */
export function grpcSchema(schema: ProtobufSchema, options: MessageCodecOptions = {}): GrpcSchema {
  const codecs = new MessageCodecs(schema.registry, options)
  const files = new SchemaFiles(schema)
  const services = [...schema.registry].filter((desc) => desc.kind === 'service')
  const methods = services.flatMap((service) =>
    service.methods.map((method) => methodOf(service, method, codecs)),
  )
  const byName = namesOf(methods)

  function method(name: string): MethodSchema {
    const found = byName.get(name.startsWith('/') ? name.slice(1) : name)
    if (found?.length === 1) return found[0]!
    throw found === undefined ? unknown(name, byName) : ambiguous(name, found)
  }

  return {
    method,
    services: services.map(({ typeName }) => typeName),
    decodeAny: (typeUrl, bytes) => codecs.decodeAny(typeUrl, bytes),
    fileByName: (name) => files.byName(name),
    fileContainingSymbol: (symbol) => files.containing(symbol),
  }
}

function methodOf(service: DescService, method: DescMethod, codecs: MessageCodecs): MethodSchema {
  const request = codecs.of(method.input)
  const response = codecs.of(method.output)
  return {
    path: `/${service.typeName}/${method.name}`,
    service: service.typeName,
    name: method.name,
    kind: KINDS[method.methodKind],
    idempotent: method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN,
    encodeRequest: request.encode,
    decodeRequest: request.decode,
    encodeResponse: response.encode,
    decodeResponse: response.decode,
  }
}

/** Maps every accepted spelling to the methods that it may mean. */
function namesOf(methods: readonly MethodSchema[]): ReadonlyMap<string, readonly MethodSchema[]> {
  const names = new Map<string, MethodSchema[]>()
  for (const method of methods) {
    const { service, name } = method
    const short = service.slice(service.lastIndexOf('.') + 1)
    for (const written of new Set([`${service}/${name}`, `${service}.${name}`, `${short}/${name}`, name]))
      addTo(names, written, method)
  }
  // A full name wins over abbreviations of other names.
  for (const method of methods) names.set(`${method.service}/${method.name}`, [method])
  return names
}

function unknown(name: string, byName: ReadonlyMap<string, unknown>): SerializeError {
  const near = didYouMean(name.startsWith('/') ? name.slice(1) : name, byName.keys())
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return new SerializeError(`the schema has no method ${JSON.stringify(name)}${hint}`)
}

function ambiguous(name: string, found: readonly MethodSchema[]): SerializeError {
  const all = found.map((method) => `${method.service}/${method.name}`).join(', ')
  return new SerializeError(
    `the method ${JSON.stringify(name)} is ambiguous, it may be any of ${all}: write its full name`,
  )
}
