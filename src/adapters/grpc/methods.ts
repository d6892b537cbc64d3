import { status } from '@grpc/grpc-js'
import { RpcError, SerializeError } from '../../core/errors.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { type MethodCodec, plainCodec, protobufCodec } from './codec.js'
import type { GrpcSchema, MethodSchema } from './schema/index.js'

/** What a call needs to know of its method. */
export interface Method extends MethodCodec {
  /** `/package.Service/Method` */
  readonly path: string
  /** Without a schema nobody knows: it is what it is used as. */
  readonly kind: MethodSchema['kind'] | 'unknown'
}

/** Names are chosen by the application: of more than this many the first are looked up anew. */
const MOST_NAMES = 10_000
const PATH = /^\/[!-.0-~]+\/[!-.0-~]+$/

/** The methods of a connection, by the names that the application has for them. */
export class Methods {
  readonly #schema: GrpcSchema | undefined
  readonly #plain: MethodCodec | undefined
  readonly #service: string | undefined
  readonly #maxBytes: number
  readonly #known = new Map<string, Method>()

  /**
   * @param schema absent where the format needs none and none is configured
   * @param plain the format, where it is not protobuf
   * @param service the service of bare names
   */
  constructor(parts: {
    readonly schema: GrpcSchema | undefined
    readonly plain: WireFormat | undefined
    readonly service: string | undefined
    readonly maxBytes: number
  }) {
    this.#schema = parts.schema
    this.#plain = parts.plain && plainCodec(parts.plain)
    this.#service = parts.service
    this.#maxBytes = parts.maxBytes
  }

  /** @throws RpcError with the code of UNIMPLEMENTED for a name that no method has, or that none can have */
  get(name: string): Method {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const method = this.#find(name)
    if (this.#known.size >= MOST_NAMES) this.#known.clear()
    this.#known.set(name, method)
    return method
  }

  #find(name: string): Method {
    if (this.#schema === undefined) return { path: this.#path(name), kind: 'unknown', ...this.#plain! }
    const method = described(this.#schema, this.#qualified(name))
    const codec = this.#plain ?? protobufCodec(method, this.#maxBytes)
    return { path: method.path, kind: method.kind, ...codec }
  }

  #qualified(name: string): string {
    return this.#service === undefined || /[/.]/.test(name) ? name : `${this.#service}/${name}`
  }

  #path(name: string): string {
    const full = this.#qualified(name)
    const separated = full.includes('/') ? full : full.replace(/\.(?=[^.]*$)/, '/')
    const path = separated.startsWith('/') ? separated : `/${separated}`
    if (PATH.test(path)) return path
    throw new RpcError(
      status.UNIMPLEMENTED,
      `${JSON.stringify(name.slice(0, 200))} names no method: expected "package.Service/Method", ` +
        'or a bare name beside the config "service"',
    )
  }
}

function described(schema: GrpcSchema, name: string): MethodSchema {
  try {
    return schema.method(name)
  } catch (error) {
    if (error instanceof SerializeError) throw new RpcError(status.UNIMPLEMENTED, error.reason)
    throw error
  }
}
