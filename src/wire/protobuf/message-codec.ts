import type { DescMessage, Registry } from '@bufbuild/protobuf'
import type { Value } from '../../core/value.js'
import { checkSize, completeLimits, type WireLimits } from '../limits.js'
import { anyOf, typeOfUrl } from './any.js'
import { type MessagePlan, Plans } from './plan.js'
import { MessageReader } from './reader.js'
import { MessageWriter } from './writer.js'

/** How much the codecs carry, and what they make of it. */
export interface MessageCodecOptions extends WireLimits {
  /**
   * Gives fields that have no presence (lists, maps, and singular scalars of proto3) also where they were left out
   * of the message because they have their default. Default false, as in the JSON mapping.
   */
  readonly fillDefaults?: boolean
}

/** Values as messages of one type and back; both directions are synchronous. */
export interface MessageCodec {
  /** The full name of the message. */
  readonly typeName: string
  /** @throws SerializeError naming the member, such as `$.items[3].price`, what it is and what was expected */
  encode(value: Value): Uint8Array
  /** @throws SerializeError for bytes that are no such message or exceed the limits */
  decode(bytes: Uint8Array): Value
}

/**
 * Codecs for the messages of a schema. Values follow the JSON mapping of Protocol Buffers (members by their JSON
 * name; the name in the .proto file is accepted too; enums by name; well-known types as in JSON) but for three
 * things: bytes are `Uint8Array` (text is refused: it may look like base64 by chance), 64-bit integers are numbers where that is exact and
 * decimal text beyond 2^53 (text is accepted for all), and NaN and the infinities are numbers (their names are
 * accepted). The strings of every message have to be UTF-8.
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

  /** The codec for a message of the schema. */
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
   * The value of a google.protobuf.Any: `{ '@type': url, …members }`, of a well-known type `{ '@type': url, value }`,
   * and of a type that the schema does not have `{ '@type': url, value: base64 }`.
   * @throws SerializeError for bytes that are no message of that type
   */
  decodeAny(typeUrl: string, bytes: Uint8Array): Value {
    checkSize(bytes.length, this.#maxBytes, 'protobuf')
    const plan = this.#plans.byName(typeOfUrl(typeUrl))
    return anyOf(typeUrl, bytes, plan, plan && this.#reader.read(plan, bytes))
  }
}
