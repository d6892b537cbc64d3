import { status } from '@grpc/grpc-js'
import { SerializeError } from '../../core/errors/operation.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { type MethodCodec, plainCodec, protobufCodec } from './codec.js'
import type { GrpcSchema, MethodSchema } from './schema/index.js'

/** A method: its path, its kind and its codec. */
export interface Method extends MethodCodec {
  /** `/package.Service/Method` */
  readonly path: string
  /** `unknown` without a schema: the use decides. */
  readonly kind: MethodSchema['kind'] | 'unknown'
}

/** Maximum number of cached methods, because the application chooses the names. */
const MOST_NAMES = 10_000
const PATH = /^\/[!-.0-~]+\/[!-.0-~]+$/

/** Resolves method names of the application to methods. */
export class Methods {
  readonly #schema: GrpcSchema | undefined
  readonly #plain: MethodCodec | undefined
  readonly #service: string | undefined
  readonly #maxBytes: number
  readonly #known = new Map<string, Method>()

  /**
   * @param schema absent if the format needs none and none is configured
   * @param plain the format, unless it is protobuf
   * @param service service of bare names
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

  /** Returns the method of a name. @throws RpcError with the code UNIMPLEMENTED for an unknown or invalid name */
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
      `${JSON.stringify(name.slice(0, 200))} is not a method: expected "package.Service/Method", ` +
        'or a bare name with "service" set in the config',
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
