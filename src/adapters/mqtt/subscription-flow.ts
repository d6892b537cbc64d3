import type { InboundMessage, MessageSink } from '../../core/adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Hold } from './client/ack-gate.js'

/** What a held message takes beside its payload, in bytes. */
const OVERHEAD_BYTES = 256

/** Stops and resumes the reading of a connection. */
export interface ReadingGate {
  hold(): void
  release(): void
}

/**
 * What the subscriptions of one connection hold back in all. The connection is read on, so that its control packets
 * are seen, until that is as much as it may be.
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

  /** @param bytes negative when they are held no more. */
  count(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0) this.#budget.take(bytes)
    else this.#budget.give(-bytes)
    const full = this.#bytes > this.#limit || (this.#bytes > 0 && this.#budget.isFull)
    if (full === this.#holding) return
    // Once full, half of it has to go first.
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

/** The messages of one subscription on their way to its sink: held here while the sink is full. */
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
   * @param message owns its memory where `isHolding`
   * @param hold where it is acknowledged
   */
  give(message: M, hold: Hold | undefined): void {
    if (this.#closed) return message.taken?.()
    if (this.#isOpen) return this.#deliver(message)
    const bytes = message.payload.length + OVERHEAD_BYTES
    this.#waiting.push({ message, bytes, hold })
    this.#held.count(bytes)
  }

  /** @param count 0 where nobody knows */
  lost(count: number, reason: string): void {
    if (!this.#closed) this.#sink.lost(count, reason)
  }

  /** The sink has room again; remembered if it comes while a message is being delivered. */
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

  /** Nothing is delivered any more; what waits here nobody wants. */
  close(): void {
    for (const { message } of this.#drop()) message.taken?.()
  }

  /** Nothing is delivered any more; what is unacknowledged stays with the broker. */
  detach(): void {
    this.#drop()
  }

  /** The connection has ended. @param kept whether the broker sends what is unacknowledged again */
  ended(kept: boolean): void {
    const dropped = this.#drop()
    for (const { hold } of dropped) hold?.drop?.()
    const lost = kept ? dropped.filter(({ message }) => message.taken === undefined) : dropped
    if (lost.length > 0)
      this.#sink.lost(lost.length, 'the connection was lost before they could be delivered')
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
