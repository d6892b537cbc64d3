import type { ExhaustedDelivery, InboundDelivery } from '../../core/adapter/queue-facet.js'
import type { Headers } from '../../core/value.js'
import type { Entry } from './entry.js'

/** How a delivery is settled at the server. */
export type Settling = 'ack' | 'nack' | 'undelivered'

const DONE = Promise.resolve()

/** One delivery of an entry. Only the first settlement has an effect. */
export class EntryDelivery implements InboundDelivery {
  readonly topic: string
  readonly payload: Uint8Array
  readonly id: string
  readonly attempt: number
  readonly redelivered: boolean
  declare readonly headers?: Headers
  declare readonly defect?: Error
  declare readonly exhausted?: ExhaustedDelivery
  readonly entry: Entry
  readonly #settle: (delivery: EntryDelivery, how: Settling, delayMs: number) => Promise<void>
  #settled = false

  constructor(
    topic: string,
    entry: Entry,
    attempt: number,
    settle: (delivery: EntryDelivery, how: Settling, delayMs: number) => Promise<void>,
    exhausted: ExhaustedDelivery | undefined,
  ) {
    const { id, payload, headers, defect } = entry
    this.topic = topic
    // A small payload is a view of a large socket chunk. Copy it, so that the chunk can be freed.
    this.payload = payload.buffer.byteLength > 2 * payload.byteLength ? Buffer.from(payload) : payload
    this.id = id
    this.attempt = attempt
    this.redelivered = attempt > 1
    this.entry = entry
    this.#settle = settle
    if (headers !== undefined) this.headers = headers
    if (defect !== undefined) this.defect = defect
    if (exhausted !== undefined) this.exhausted = exhausted
  }

  ack(): Promise<void> {
    return this.#first('ack', 0)
  }

  nack(delayMs: number): Promise<void> {
    return this.#first('nack', delayMs)
  }

  undelivered(): Promise<void> {
    return this.#first('undelivered', 0)
  }

  #first(how: Settling, delayMs: number): Promise<void> {
    if (this.#settled) return DONE
    this.#settled = true
    return this.#settle(this, how, delayMs)
  }
}
