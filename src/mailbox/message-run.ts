import type { Value } from '../core/value.js'
import { decodeError } from './error-codec.js'
import type { NameReader } from './names.js'
import { unpack } from './packing.js'
import type { DeliveryExtras, DeliveryRun } from './protocol.js'

/** Decodes a payload. @throws SerializeError */
export type Decode = (bytes: Uint8Array) => Value

/**
 * A run of messages on the host. The run is one object for many messages; a message is read from it only on access,
 * which saves work for each message.
 */
export class MessageRun {
  readonly count: number
  /** Bytes of all payloads on the wire. */
  readonly bytes: number
  /** The life of the actor that sent it. */
  readonly life: number
  readonly #run: DeliveryRun
  readonly #names: readonly string[]

  constructor(run: DeliveryRun, names: NameReader, life: number) {
    this.count = run.count
    this.bytes = run.bytes
    this.life = life
    this.#run = run
    this.#names = names.all
  }

  topic(index: number): string {
    const { topics } = this.#run
    return this.#names[typeof topics === 'number' ? topics : topics[index]!]!
  }

  /** @throws SerializeError if the payload cannot be decoded */
  value(index: number, decode: Decode | undefined): unknown {
    const { payload } = this.#run
    const fault = this.extras(index)?.fault
    if (fault !== undefined) throw decodeError(fault)
    if (payload.kind === 'values') return payload.values[index]
    const bytes = unpack(payload.packed, index)
    return decode === undefined ? bytes : decode(bytes)
  }

  /** The payload as it was on the wire; `undefined` if only the value crossed. */
  payload(index: number): Uint8Array | undefined {
    const { payload } = this.#run
    return payload.kind === 'packed' ? unpack(payload.packed, index) : this.extras(index)?.bytes
  }

  extras(index: number): DeliveryExtras | undefined {
    return this.#run.extras?.[index]
  }
}
