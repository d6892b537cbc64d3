import type { InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Hold } from './client/ack-gate.js'

/** Estimated memory of a held message besides its payload, in bytes. */
const OVERHEAD_BYTES = 256

/** Pauses and resumes the reading of a connection. */
export interface ReadingGate {
  hold(): void
  release(): void
}

/**
 * Counts what the subscriptions of one connection hold back. Reading continues until the limit, so that control packets
 * are received as long as possible.
 */
export class HeldBytes {
  readonly #reading: ReadingGate
  readonly #limit: number
  readonly #budget: ByteBudget
  #bytes = 0
  #holding = false

  constructor(reading: ReadingGate, limit: number, budget: ByteBudget) {
    this.#reading = reading
    this.#limit = limit
    this.#budget = budget
  }

  /** @param bytes negative when messages are no longer held */
  count(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0) this.#budget.take(bytes)
    else this.#budget.give(-bytes)
    const full = this.#bytes > this.#limit || (this.#bytes > 0 && this.#budget.isFull)
    if (full === this.#holding) return
    // Resume only at half of the limit, so that reading does not stop again at once.
    if (!full && this.#bytes > this.#limit / 2) return
    this.#holding = full
    if (full) this.#reading.hold()
    else this.#reading.release()
  }
}

interface Held<M> {
  readonly message: M
  readonly bytes: number
  readonly hold: Hold | undefined
}

/** Delivers the messages of one subscription to its sink, and holds them while the sink is full. */
export class SubscriptionFlow<M extends InboundMessage> {
  readonly #sink: MessageSink<M>
  readonly #held: HeldBytes
  readonly #waiting = new Deque<Held<M>>()
  #isOpen = true
  #resumed = 0
  #closed = false

  constructor(sink: MessageSink<M>, held: HeldBytes) {
    this.#sink = sink
    this.#held = held
  }

  /** Whether a message given now has to wait. */
  get isHolding(): boolean {
    return !this.#isOpen
  }

  /**
   * Delivers a message, or holds it.
   * @param message must own its memory if `isHolding`
   * @param hold its acknowledgement, if it has one
   */
  give(message: M, hold: Hold | undefined): void {
    if (this.#closed) return message.taken?.()
    if (this.#isOpen) return this.#deliver(message)
    const bytes = message.payload.length + OVERHEAD_BYTES
    this.#waiting.push({ message, bytes, hold })
    this.#held.count(bytes)
  }

  /** @param count 0 if unknown */
  lost(count: number, reason: string): void {
    if (!this.#closed) this.#sink.lost(count, reason)
  }

  /** Delivers held messages after the sink has room again. A call from inside `deliver` counts too. */
  resume(): void {
    this.#resumed++
    if (this.#isOpen) return
    this.#isOpen = true
    while (this.#isOpen) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#held.count(-next.bytes)
      this.#deliver(next.message)
    }
  }

  /** Stops delivering and acknowledges the held messages: the subscription has ended. */
  close(): void {
    for (const { message } of this.#drop()) message.taken?.()
  }

  /** Stops delivering. Unacknowledged messages stay with the broker. */
  detach(): void {
    this.#drop()
  }

  /**
   * Stops delivering after the connection has ended. @param kept whether the broker sends unacknowledged messages again
   */
  ended(kept: boolean): void {
    const dropped = this.#drop()
    for (const { hold } of dropped) hold?.drop?.()
    const lost = kept ? dropped.filter(({ message }) => message.taken === undefined) : dropped
    if (lost.length > 0)
      this.#sink.lost(lost.length, 'the connection was lost before the messages could be delivered')
  }

  #drop(): readonly Held<M>[] {
    this.#closed = true
    const dropped = [...this.#waiting]
    this.#waiting.clear()
    for (const { bytes } of dropped) this.#held.count(-bytes)
    return dropped
  }

  #deliver(message: M): void {
    const before = this.#resumed
    if (!this.#sink.deliver(message) && this.#resumed === before) this.#isOpen = false
  }
}
