import { column } from './column.js'
import { pack } from './packing.js'
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
   * @param payload the value, or the bytes in a packed run.
   * @param bytes the size of the payload on the wire.
   */
  add(topic: number, payload: unknown, bytes: number, extras: DeliveryExtras | undefined): void {
    const index = this.#count++
    this.#bytes += bytes
    this.#payloads.push(payload)
    if (index === 0) this.#topics = topic
    else if (typeof this.#topics !== 'number') this.#topics.push(topic)
    else if (this.#topics !== topic) {
      // The first topic that differs: from here on each message has its own.
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
        : { kind: 'packed' as const, packed: pack(this.#payloads as Uint8Array[]) }
    return {
      source: this.source,
      count: this.#count,
      topics: this.#topics,
      payload,
      bytes: this.#bytes,
      extras: this.#extras,
    }
  }
}
