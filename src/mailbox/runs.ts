import { SerializeError } from '../core/errors/operation.js'
import { column } from './column.js'
import { encodeError } from './error-codec.js'
import { type Packed, pack } from './packing.js'
import type { DeliveryExtras, DeliveryRun } from './protocol.js'

/** Builds one run of deliveries. */
export class RunBuilder {
  readonly source: number
  readonly kind: 'values' | 'packed'
  #count = 0
  #bytes = 0
  #topics: number[] | number = -1
  #payloads: unknown[] = []
  #extras: (DeliveryExtras | undefined)[] | undefined

  constructor(source: number, kind: 'values' | 'packed') {
    this.source = source
    this.kind = kind
  }

  /**
   * Adds one message.
   * @param payload the value, or the bytes in a packed run
   * @param bytes the size of the payload on the wire
   */
  add(topic: number, payload: unknown, bytes: number, extras: DeliveryExtras | undefined): void {
    const index = this.#count++
    this.#bytes += bytes
    this.#payloads.push(payload)
    if (index === 0) this.#topics = topic
    else if (typeof this.#topics !== 'number') this.#topics.push(topic)
    else if (this.#topics !== topic) {
      // The first message with another topic: switch to one topic for each message.
      this.#topics = column(index, this.#topics)
      this.#topics.push(topic)
    }
    if (extras !== undefined) this.#extras ??= column<DeliveryExtras | undefined>(index, undefined)
    this.#extras?.push(extras)
  }

  finish(): DeliveryRun {
    const payload =
      this.kind === 'values'
        ? { kind: 'values' as const, values: this.#payloads }
        : { kind: 'packed' as const, packed: this.#packed() }
    return {
      source: this.source,
      count: this.#count,
      topics: this.#topics,
      payload,
      bytes: this.#bytes,
      extras: this.#extras,
    }
  }

  /**
   * Packs the payloads. A custom adapter may have transferred a payload away; such a message carries an error instead.
   */
  #packed(): Packed {
    const payloads = this.#payloads as Uint8Array[]
    try {
      return pack(payloads)
    } catch (error) {
      this.#extras ??= column<DeliveryExtras | undefined>(this.#count, undefined)
      const extras = this.#extras
      const fault = encodeError(new SerializeError('the payload is not readable bytes', { cause: error }))
      return pack(
        payloads.map((payload, i) => {
          if (isReadable(payload)) return payload
          extras[i] = { ...extras[i], fault }
          return new Uint8Array(0)
        }),
      )
    }
  }
}

function isReadable(payload: unknown): boolean {
  try {
    return payload instanceof Uint8Array && pack([payload]).ends.length === 1
  } catch {
    return false
  }
}
