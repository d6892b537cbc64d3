import { column } from '../../mailbox/column.js'
import { NameWriter } from '../../mailbox/names.js'
import { pack } from '../../mailbox/packing.js'
import type { LinkBatch, LinkExtras } from '../../mailbox/route-link.js'

/** A batch with this many messages is complete. */
const FULL_MESSAGES = 1_024
/** A batch with this many bytes is complete. */
const FULL_BYTES = 512 * 1024

/** What a link carries of a message. */
export interface LinkMessage {
  readonly target: string
  readonly payload: Uint8Array | undefined
  readonly value: unknown
  readonly extras: LinkExtras | undefined
  readonly bytes: number
}

/** Writes messages into batches. One for each link. */
export class LinkWriter {
  readonly #names = new NameWriter()
  #numbers: number[] = []
  #isConsecutive = true
  #targets: number[] = []
  #isOneTarget = true
  #payloads: Uint8Array[] = []
  #values: unknown[] = []
  #sizes: number[] = []
  #extras: (LinkExtras | undefined)[] | undefined
  #bytes = 0
  #lastTarget = ''
  #lastNumber = -1

  get isEmpty(): boolean {
    return this.#numbers.length === 0
  }

  /** Adds a message. All messages of a link have a payload, or none has. @returns whether the batch is complete */
  add(number: number, { target, payload, value, extras, bytes }: LinkMessage): boolean {
    const at = this.#numbers.length
    if (at > 0 && number !== this.#numbers[0]! + at) this.#isConsecutive = false
    this.#numbers.push(number)
    if (this.#lastNumber < 0 || target !== this.#lastTarget) {
      this.#lastTarget = target
      this.#lastNumber = this.#names.number(target)
    }
    if (at > 0 && this.#lastNumber !== this.#targets[0]) this.#isOneTarget = false
    this.#targets.push(this.#lastNumber)
    if (payload !== undefined) this.#payloads.push(payload)
    else {
      this.#values.push(value)
      this.#sizes.push(bytes)
    }
    if (extras !== undefined) this.#extras ??= column<LinkExtras | undefined>(at, undefined)
    this.#extras?.push(extras)
    this.#bytes += bytes
    return at + 1 >= FULL_MESSAGES || this.#bytes >= FULL_BYTES
  }

  /** Returns the batch, and the buffers to transfer with it. */
  take(): { readonly batch: LinkBatch; readonly transfer: ArrayBuffer[] } {
    const packed = this.#values.length === 0 ? pack(this.#payloads) : undefined
    const batch: LinkBatch = {
      numbers: this.#isConsecutive ? this.#numbers[0]! : this.#numbers,
      names: this.#names.take(),
      targets: this.#isOneTarget ? this.#targets[0]! : this.#targets,
      payload:
        packed === undefined
          ? { kind: 'values', values: this.#values, sizes: this.#sizes }
          : { kind: 'packed', packed },
      extras: this.#extras,
    }
    this.#numbers = []
    this.#isConsecutive = true
    this.#targets = []
    this.#isOneTarget = true
    this.#payloads = []
    this.#values = []
    this.#sizes = []
    this.#extras = undefined
    this.#bytes = 0
    this.#names.trim()
    this.#lastNumber = -1
    return { batch, transfer: packed === undefined ? [] : [packed.buffer] }
  }
}
