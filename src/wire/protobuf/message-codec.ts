import type { DescMessage, Registry } from '@bufbuild/protobuf'
import type { Value } from '../../core/value.js'
import { checkSize, completeLimits, type WireLimits } from '../limits.js'
import { anyOf, typeOfUrl } from './any.js'
import { type MessagePlan, Plans } from './plan.js'
import { MessageReader } from './reader.js'
import { MessageWriter } from './writer.js'

/** Limits and options of the codecs. */
export interface MessageCodecOptions extends WireLimits {
  /**
   * Whether decoding adds fields without presence (lists, maps, and singular scalars of proto3) that the message leaves
   * out because they have their default. Default false, as in the JSON mapping.
   */
  readonly fillDefaults?: boolean
}

/** Encodes and decodes messages of one type. Both methods are synchronous. */
export interface MessageCodec {
  /** The full name of the message. */
  readonly typeName: string
  /**
   * @throws SerializeError with the path of the member, such as `$.items[3].price`, what was found and what was
   *   expected
   */
  encode(value: Value): Uint8Array
  /** @throws SerializeError for bytes that are not such a message or exceed the limits */
  decode(bytes: Uint8Array): Value
}

/**
 * Codecs for the messages of a schema. Values follow the JSON mapping of Protocol Buffers (ProtoJSON): members by JSON
 * name (the name in the .proto file is accepted too), enums by name, well-known types as in JSON. Strings must be
 * UTF-8.
 *
 * Three things differ. Bytes are `Uint8Array`, and text is refused because it may look like base64 by chance. 64-bit
 * integers are numbers up to 2^53 and decimal text beyond; text is accepted for all. NaN and the infinities are
 * numbers; their names are accepted.
 */
export class MessageCodecs {
  readonly #plans: Plans
  readonly #writer: MessageWriter
  readonly #reader: MessageReader
  readonly #maxBytes: number

  constructor(registry: Registry, options: MessageCodecOptions = {}) {
    const limits = completeLimits(options)
    this.#plans = new Plans(registry)
    this.#maxBytes = limits.maxBytes
    this.#writer = new MessageWriter(this.#plans, limits)
    this.#reader = new MessageReader(this.#plans, {
      maxDepth: limits.maxDepth,
      fillDefaults: options.fillDefaults ?? false,
    })
  }

  /** Returns the codec for a message of the schema. */
  of(message: DescMessage): MessageCodec {
    let plan: MessagePlan | undefined
    const planned = (): MessagePlan => {
      plan ??= this.#plans.of(message)
      return plan
    }
    return {
      typeName: message.typeName,
      encode: (value) => {
        const bytes = this.#writer.write(planned(), value)
        checkSize(bytes.length, this.#maxBytes, 'protobuf')
        return bytes
      },
      decode: (bytes) => {
        checkSize(bytes.length, this.#maxBytes, 'protobuf')
        return this.#reader.read(planned(), bytes)
      },
    }
  }

  /**
   * Decodes a google.protobuf.Any to `{ '@type': url, …members }`, for a well-known type to `{ '@type': url, value }`,
   * and for a type that is not in the schema to `{ '@type': url, value: base64 }`.
   * @throws SerializeError for bytes that are not a message of that type
   */
  decodeAny(typeUrl: string, bytes: Uint8Array): Value {
    checkSize(bytes.length, this.#maxBytes, 'protobuf')
    const plan = this.#plans.byName(typeOfUrl(typeUrl))
    return anyOf(typeUrl, bytes, plan, plan && this.#reader.read(plan, bytes))
  }
}
