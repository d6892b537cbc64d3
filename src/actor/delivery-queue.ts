import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock, Timer } from '../core/clock.js'
import { Deque } from '../core/deque.js'
import type { Capacity } from '../core/overflow.js'
import { RoomWait } from '../core/room-wait.js'
import { CreditTaker } from '../mailbox/credit.js'
import { encodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import type { WireFormat } from '../wire/wire-format.js'
import { Hold, LONGEST_SHARED_HOLD_MS } from './hold.js'
import type { Outbox } from './outbox.js'
import { bytesOf, type Outgoing, weightOf } from './outgoing.js'
import { ownCopy, unshared } from './own-copy.js'
import { Receipts } from './receipts.js'
import { asSerializeError } from './undecodable.js'

/** What happened to a message that was offered. */
export type Offer =
  | 'sent'
  /** It waits, and the source must be held back. */
  | 'hold-back'
  | 'waiting'
  /** The policy is `reject` and the queue is full, so the source must end. */
  | 'refused'

/** The source is held back at this share of the capacity, and resumed at half of it. */
const HOLD_BACK_AT = 0.5
/** The credit left is read again after this many bytes have been sent. */
const CHECK_CREDIT_BYTES = 64 * 1024
/** The shortest time between two reports of dropped messages, in milliseconds. */
const REPORT_EVERY_MS = 100

export interface DeliveryQueueDependencies {
  readonly spec: SourceSpec
  readonly capacity: Capacity
  readonly clock: Clock
  readonly outbox: Outbox
  readonly gauges: Gauges
  readonly format: WireFormat
  readonly budget: ByteBudget
  /** Whether holding this source back also blocks other users of its connection. */
  readonly blocksOthers: () => boolean
  /** Called when a source that was held back may resume. */
  readonly onRoom: () => void
  /** Called for a message of a queue that cannot be decoded; it is not delivered. */
  readonly onUndecodable?: (token: number, error: Error) => void
}

/**
 * The messages of one source for which the host has not yet given credit. The queue is bounded: the overflow policy of
 * the source decides what happens when it is full, and dropped messages are counted.
 */
export class DeliveryQueue {
  readonly #parts: DeliveryQueueDependencies
  readonly #spec: SourceSpec
  readonly #credit: CreditTaker
  readonly #receipts: Receipts
  readonly #hold: Hold
  readonly #waiting = new Deque<Outgoing>()
  #waitingBytes = 0
  /** Drains again when other holders have freed part of a full budget. */
  readonly #roomWait = new RoomWait(() => this.drain())
  #dropped = 0
  #reportedDropped = 0
  /** Whether messages are sent without credit, because the source ends. */
  #isFlushing = false
  #reportTimer: Timer | undefined
  #releaseTimer: Timer | undefined

  constructor(parts: DeliveryQueueDependencies) {
    this.#parts = parts
    this.#spec = parts.spec
    this.#credit = new CreditTaker(parts.spec.credit, parts.spec.window)
    this.#receipts = new Receipts(this.#credit)
    this.#hold = new Hold(parts.clock, parts.blocksOthers, parts.onRoom)
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Whether its source is held back. */
  get isHeld(): boolean {
    return this.#hold.isHeld
  }

  get size(): number {
    return this.#waiting.size
  }

  offer(message: Outgoing): Offer {
    if (this.#waiting.size === 0 && (this.#isFlushing || this.#credit.available() > 0)) {
      this.#send(message)
      return 'sent'
    }
    return this.#wait(message)
  }

  /**
   * Sends all messages without waiting for credit, also those that are offered later. They are in the memory of the
   * process already.
   */
  flush(): void {
    this.#isFlushing = true
    while (this.#waiting.size > 0) this.#send(this.#shift())
    this.#reportDropped()
    this.#hold.empty()
  }

  /** Resolves when the host has received all messages that were sent. */
  received(): Promise<void> {
    return this.#receipts.drained()
  }

  /** Counts messages that were lost before they reached this queue. */
  lost(count: number): void {
    if (count > 0) this.#countDropped(count)
  }

  /** Sends as many messages as credit allows. Called when the host has given credit or received messages. */
  drain(): void {
    this.#receipts.collect()
    while (this.#waiting.size > 0) {
      let allowed = this.#credit.available()
      if (allowed === 0) {
        if (this.#credit.stall()) break
        continue
      }
      let unchecked = 0
      while (allowed-- > 0 && this.#waiting.size > 0) {
        const message = this.#shift()
        this.#send(message)
        // The credit in bytes may be used up before the credit in messages.
        unchecked += bytesOf(message)
        if (unchecked < CHECK_CREDIT_BYTES) continue
        unchecked = 0
        allowed = Math.min(allowed, this.#credit.available())
      }
    }
    this.#reportDropped()
    if (this.#fill() <= HOLD_BACK_AT / 2 && this.#hasMemory) this.#hold.empty()
  }

  /**
   * Handles the loss of the connection. Received messages are still delivered and acknowledged, because a session that
   * outlives the connection waits for these acknowledgements.
   */
  disconnected(): void {
    this.#hold.reset()
  }

  /** Removes all waiting messages. @returns the messages */
  clear(): Outgoing[] {
    const left: Outgoing[] = []
    while (this.#waiting.size > 0) left.push(this.#shift())
    this.#hold.reset()
    this.#releaseTimer?.cancel()
    this.#reportDropped()
    return left
  }

  /** Stops waiting for the host's receipts. @returns the `taken` callbacks of the messages in flight, not yet called */
  forgetReceipts(): (() => void)[] {
    return this.#receipts.clear()
  }

  /**
   * Acknowledges waiting messages after the longest shared hold if they block others. A broker is sent acknowledgements
   * in order, so a message that waits for a slow subscriber delays those of other subscribers.
   */
  #releaseLater(): void {
    if (this.#releaseTimer !== undefined) return
    const task = () => {
      this.#releaseTimer = undefined
      if (this.#waiting.size === 0) return
      if (this.#parts.blocksOthers()) for (const message of this.#waiting) release(message)
      this.#releaseLater()
    }
    this.#releaseTimer = this.#parts.clock.setTimer(LONGEST_SHARED_HOLD_MS, task, { background: true })
  }

  #wait(message: Outgoing): Offer {
    const { overflow } = this.#spec
    const isBlocking = overflow === 'block' && !this.#hold.isDropping
    if (!isBlocking && !this.#fits(message)) {
      if (overflow === 'reject') return 'refused'
      if (overflow !== 'drop-oldest') {
        this.#drop(message)
        return 'waiting'
      }
      while (this.#waiting.size > 0 && !this.#fits(message)) this.#drop(this.#shift())
    }
    this.#enter(message)
    if (this.#waiting.size === 1) this.drain()
    if (overflow !== 'block' || (this.#fill() < HOLD_BACK_AT && this.#hasMemory)) return 'waiting'
    if (this.#parts.budget.isFull) this.#roomWait.start(this.#parts.budget)
    return this.#hold.fill() ? 'hold-back' : 'waiting'
  }

  #fits(message: Outgoing): boolean {
    const { capacity } = this.#parts
    return (
      this.#waiting.size < capacity.messages &&
      this.#waitingBytes + bytesOf(message) <= capacity.bytes &&
      this.#hasMemory
    )
  }

  /**
   * Whether memory allows another message. An empty queue always accepts one, so that unread messages of other
   * subscriptions cannot stop this one.
   */
  get #hasMemory(): boolean {
    return this.#waiting.size === 0 || !this.#parts.budget.isFull
  }

  #fill(): number {
    const { capacity } = this.#parts
    return Math.max(this.#waiting.size / capacity.messages, this.#waitingBytes / capacity.bytes)
  }

  #enter(message: Outgoing): void {
    const payload = unshared(message.payload)
    const held = payload === message.payload ? message : { ...message, payload }
    this.#waiting.push(held)
    this.#waitingBytes += bytesOf(held)
    this.#parts.budget.take(weightOf(held))
    this.#parts.gauges.addWaitingDeliveries(1)
    if (message.taken !== undefined) this.#releaseLater()
  }

  #shift(): Outgoing {
    const message = this.#waiting.shift()!
    this.#waitingBytes -= bytesOf(message)
    this.#parts.budget.give(weightOf(message))
    this.#parts.gauges.addWaitingDeliveries(-1)
    return message
  }

  #drop({ taken }: Outgoing): void {
    this.#countDropped(1)
    taken?.()
  }

  #countDropped(count: number): void {
    this.#dropped += count
    this.#parts.gauges.count('dropped', count)
    if (this.#reportTimer !== undefined) return
    this.#reportTimer = this.#parts.clock.setTimer(REPORT_EVERY_MS, () => this.#reportDropped(), {
      background: true,
    })
  }

  #reportDropped(): void {
    this.#reportTimer?.cancel()
    this.#reportTimer = undefined
    if (this.#dropped === this.#reportedDropped) return
    this.#reportedDropped = this.#dropped
    this.#parts.outbox.notice({ kind: 'dropped', source: this.#spec.id, dropped: this.#dropped })
  }

  #send(message: Outgoing): void {
    const { topic, payload, transformed, extras, taken } = message
    const { outbox, gauges } = this.#parts
    const size = bytesOf(message)
    if (transformed !== undefined)
      outbox.run(this.#spec.id, 'values').add(outbox.topicNumber(topic), transformed.value, size, extras)
    else if (this.#spec.decode === 'bytes') {
      outbox.run(this.#spec.id, 'packed').add(outbox.topicNumber(topic), payload, size, extras)
    } else {
      let value: unknown = null
      let marked = extras
      try {
        value = this.#parts.format.decode(payload)
      } catch (error) {
        const fault = asSerializeError(error)
        gauges.countError('serialize')
        if (extras?.token !== undefined && this.#parts.onUndecodable !== undefined)
          return this.#parts.onUndecodable(extras.token, fault)
        // The message carries its bytes; reading its value throws this error.
        marked = { ...extras, fault: encodeError(fault), bytes: ownCopy(payload) }
      }
      outbox.run(this.#spec.id, 'values').add(outbox.topicNumber(topic), value, size, marked)
    }
    this.#credit.take(1, size)
    gauges.count('delivered')
    this.#receipts.sent(taken)
    outbox.delivered(size, this.#spec.kind === 'queue')
  }
}

function release(message: Outgoing): void {
  message.taken?.()
  message.taken = undefined
}
