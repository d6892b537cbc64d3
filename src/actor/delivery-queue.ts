import { Deque } from '../core/deque.js'
import { SerializeError } from '../core/errors.js'
import type { Capacity } from '../core/overflow.js'
import { CreditTaker } from '../mailbox/credit.js'
import { encodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { DeliveryExtras, SourceSpec } from '../mailbox/protocol.js'
import type { WireFormat } from '../wire/wire-format.js'
import type { Outbox } from './outbox.js'
import { ownCopy } from './own-copy.js'

/** A message on its way to the host. */
export interface Outgoing {
  readonly topic: string
  readonly payload: Uint8Array
  readonly extras: DeliveryExtras | undefined
}

/** What became of a message that was offered. */
export type Offer =
  | 'sent'
  /** It waits; the source should be held back. */
  | 'hold-back'
  | 'waiting'
  /** The policy is `reject`, and there is no room: the source must end. */
  | 'refused'

/** Held back at this share of the capacity, and let go again at half of that. */
const HOLD_BACK_AT = 0.5
/** So much may be sent between two looks at the credit that is left. */
const LOOK_AT_BYTES = 64 * 1024

/**
 * The messages of one source that the host has no credit for yet. Bounded: what happens when it is full is
 * the source's overflow policy, and what was dropped is counted exactly.
 */
export class DeliveryQueue {
  readonly #spec: SourceSpec
  readonly #credit: CreditTaker
  readonly #capacity: Capacity
  readonly #outbox: Outbox
  readonly #gauges: Gauges
  readonly #format: WireFormat
  readonly #waiting = new Deque<Outgoing>()
  readonly #onRoom: () => void
  #waitingBytes = 0
  #heldBack = false
  #dropped = 0
  #reportedDropped = 0

  /** @param onRoom called when a source that was held back may go on. */
  constructor(
    spec: SourceSpec,
    capacity: Capacity,
    outbox: Outbox,
    gauges: Gauges,
    format: WireFormat,
    onRoom: () => void,
  ) {
    this.#spec = spec
    this.#credit = new CreditTaker(spec.credit, spec.window)
    this.#capacity = capacity
    this.#outbox = outbox
    this.#gauges = gauges
    this.#format = format
    this.#onRoom = onRoom
  }

  get dropped(): number {
    return this.#dropped
  }

  get size(): number {
    return this.#waiting.size
  }

  offer(message: Outgoing): Offer {
    if (this.#waiting.size === 0 && this.#credit.available() > 0) {
      this.#send(message)
      return 'sent'
    }
    return this.#wait(message)
  }

  /** Counts messages that were lost before they came here. */
  lost(count: number): void {
    for (let i = 0; i < count; i++) this.#drop()
    this.#reportDropped()
  }

  /** Sends what credit allows; called when the host has given some. */
  drain(): void {
    while (this.#waiting.size > 0) {
      let allowed = this.#credit.available()
      if (allowed === 0) {
        if (this.#credit.stall()) break
        continue
      }
      let unlooked = 0
      while (allowed-- > 0 && this.#waiting.size > 0) {
        const message = this.#waiting.shift()!
        this.#left(message)
        this.#send(message)
        // Bytes may run out before messages do.
        unlooked += message.payload.byteLength
        if (unlooked < LOOK_AT_BYTES) continue
        unlooked = 0
        allowed = Math.min(allowed, this.#credit.available())
      }
    }
    this.#reportDropped()
    if (this.#heldBack && this.#fill() <= HOLD_BACK_AT / 2) {
      this.#heldBack = false
      this.#onRoom()
    }
  }

  /** What waits is given up: the source is closed. @returns it */
  clear(): Outgoing[] {
    const left = [...this.#waiting]
    this.#gauges.addWaitingDeliveries(-left.length)
    this.#waiting.clear()
    this.#waitingBytes = 0
    return left
  }

  #wait(message: Outgoing): Offer {
    const { overflow } = this.#spec
    if (overflow !== 'block' && !this.#fits(message)) {
      if (overflow === 'reject') return 'refused'
      if (overflow === 'drop-newest') {
        this.#drop()
        return 'waiting'
      }
      while (this.#waiting.size > 0 && !this.#fits(message)) {
        this.#left(this.#waiting.shift()!)
        this.#drop()
      }
    }
    this.#enter(message)
    if (this.#waiting.size === 1) this.drain()
    if (overflow !== 'block' || this.#fill() < HOLD_BACK_AT) return 'waiting'
    this.#heldBack = true
    return 'hold-back'
  }

  #fits(message: Outgoing): boolean {
    return (
      this.#waiting.size < this.#capacity.messages &&
      this.#waitingBytes + message.payload.byteLength <= this.#capacity.bytes
    )
  }

  #fill(): number {
    return Math.max(this.#waiting.size / this.#capacity.messages, this.#waitingBytes / this.#capacity.bytes)
  }

  #enter(message: Outgoing): void {
    const { payload } = message
    // A small message must not keep alive the large chunk of the socket that it came in.
    const own = payload.buffer.byteLength > 2 * payload.byteLength ? ownCopy(payload) : payload
    this.#waiting.push(own === payload ? message : { ...message, payload: own })
    this.#waitingBytes += payload.byteLength
    this.#gauges.addWaitingDeliveries(1)
  }

  #left(message: Outgoing): void {
    this.#waitingBytes -= message.payload.byteLength
    this.#gauges.addWaitingDeliveries(-1)
  }

  #drop(): void {
    this.#dropped++
    this.#gauges.count('dropped')
  }

  #reportDropped(): void {
    if (this.#dropped === this.#reportedDropped) return
    this.#reportedDropped = this.#dropped
    this.#outbox.notice({ kind: 'dropped', source: this.#spec.id, dropped: this.#dropped })
  }

  #send(message: Outgoing): void {
    const { topic, payload, extras } = message
    const size = payload.byteLength
    this.#credit.take(1, size)
    this.#gauges.count('delivered')
    const number = this.#outbox.topicNumber(topic)
    if (this.#spec.decode === 'bytes') {
      this.#outbox.run(this.#spec.id, 'packed').add(number, payload, size, extras)
    } else {
      let value: unknown = null
      let marked = extras
      try {
        value = this.#format.decode(payload)
      } catch (error) {
        // Nothing is lost over it: the bytes go along, and reading the value throws this error.
        const fault =
          error instanceof SerializeError
            ? error
            : new SerializeError('the payload cannot be decoded', { cause: error })
        this.#gauges.countError('serialize')
        marked = { ...extras, fault: encodeError(fault), bytes: ownCopy(payload) }
      }
      this.#outbox.run(this.#spec.id, 'values').add(number, value, size, marked)
    }
    this.#outbox.delivered(size, this.#spec.kind === 'queue')
  }
}
