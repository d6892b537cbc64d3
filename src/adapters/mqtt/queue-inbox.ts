import type { InboundDelivery, MessageSink } from '../../core/adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock, Timer } from '../../core/clock.js'
import { Deque } from '../../core/deque.js'
import type { Logger } from '../../core/telemetry.js'
import { AckPatience } from './ack-patience.js'
import type { Hold } from './client/ack-gate.js'
import { EMPTY_PROPERTIES } from './client/properties.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import { owned } from './owned.js'
import { deliveriesSoFar, makeDelivery, SerializeDefect } from './queue-delivery.js'
import type { ReadingGate } from './subscription-flow.js'

/** Bytes that may wait for demand before the connection of the queue is not read any more. */
const WAITING_BYTES = 16 * 1_048_576

interface Consumer {
  readonly sink: MessageSink<InboundDelivery>
  demand: number
}

/** A message that is here and unacknowledged. */
export interface QueuedMessage {
  readonly packet: PublishPacket
  readonly hold: Hold | undefined
  /** Deliveries to handlers so far, by packet identifier: outlives the connection, as the session does. */
  readonly counts: Map<number, number>
  deliveries: number
  readonly defect?: Error
}

/** What the inbox depends on. */
export interface QueueInboxOptions {
  readonly queue: string
  readonly clock: Clock
  readonly log: Logger
  readonly reading: ReadingGate
  readonly budget: ByteBudget
  /** Whether `counts` is complete, because the session began in this life: what it does not know was never delivered. */
  readonly isCountComplete: boolean
  readonly counts: Map<number, number>
  /** A message waits although there is no consumer. */
  readonly onWaiting: () => void
  /** A message that was delivered has been settled, or waits again. */
  readonly onSettled: () => void
}

/**
 * The messages of one queue that the broker has given us. They wait here, unacknowledged, until a consumer asks for
 * one; so there are Receive Maximum of them at most. MQTT has no negative acknowledgement: a message that is given
 * back is delivered again from here. If the connection is lost, the broker sends all that is unacknowledged again.
 */
export class QueueInbox {
  readonly #options: QueueInboxOptions
  readonly #consumers = new Set<Consumer>()
  readonly #waiting = new Deque<QueuedMessage>()
  readonly #delays = new Set<Timer>()
  readonly #patience: AckPatience
  #waitingBytes = 0
  #isHolding = false
  #inHand = 0
  #closed = false

  constructor(options: QueueInboxOptions) {
    this.#options = options
    this.#patience = new AckPatience(options)
  }

  /** Whether nothing is here that is not settled. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#inHand === 0 && this.#delays.size === 0
  }

  /** Messages that wait for a consumer. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Messages that were delivered and are not settled. */
  get inHand(): number {
    return this.#inHand
  }

  get hasConsumers(): boolean {
    return this.#consumers.size > 0
  }

  accept(packet: PublishPacket, hold: Hold | undefined, counts = this.#options.counts): void {
    const deliveries = deliveriesSoFar(packet, counts, this.#options.isCountComplete)
    this.#put({ packet: owned(packet), hold, counts, deliveries }, 'last')
  }

  acceptOversize(packet: OversizePacket, hold: Hold | undefined): void {
    const { counts } = this.#options
    const defect = new SerializeDefect(packet.size)
    const empty = { ...packet, payload: new Uint8Array(0), properties: EMPTY_PROPERTIES }
    this.#put({ packet: empty, hold, counts, deliveries: 0, defect }, 'last')
  }

  /** Adds a consumer. @returns it, to be asked and removed */
  add(sink: MessageSink<InboundDelivery>): { request(count: number): void; remove(): void } {
    const consumer: Consumer = { sink, demand: 0 }
    this.#consumers.add(consumer)
    return {
      request: (count) => {
        if (!this.#consumers.has(consumer)) return
        consumer.demand += count
        this.#serve()
      },
      remove: () => void this.#consumers.delete(consumer),
    }
  }

  /** Takes out messages that wait, oldest first; they are the caller's. */
  take(count: number): readonly QueuedMessage[] {
    const taken: QueuedMessage[] = []
    while (taken.length < count && this.#waiting.size > 0) taken.push(this.#next())
    return taken
  }

  /** Puts back what `take` gave, in its order. */
  putBack(messages: readonly QueuedMessage[]): void {
    for (let i = messages.length - 1; i >= 0; i--) this.#put(messages[i]!, 'first', false)
    this.#serve()
  }

  /** The connection has ended: nothing here can be settled any more. */
  close(error: Error): void {
    this.#closed = true
    for (const delay of this.#delays) delay.cancel()
    this.#delays.clear()
    this.#patience.close()
    this.take(this.#waiting.size)
    const consumers = [...this.#consumers]
    this.#consumers.clear()
    for (const { sink } of consumers) sink.end(error)
  }

  #put(message: QueuedMessage, where: 'first' | 'last', serves = true): void {
    if (where === 'first') this.#waiting.unshift(message)
    else this.#waiting.push(message)
    this.#count(message.packet.payload.length)
    if (serves) this.#serve()
  }

  #next(): QueuedMessage {
    const next = this.#waiting.shift()!
    this.#count(-next.packet.payload.length)
    return next
  }

  #serve(): void {
    for (const consumer of this.#consumers)
      while (consumer.demand > 0 && this.#waiting.size > 0) {
        consumer.demand--
        this.#deliver(consumer, this.#next())
      }
    if (this.#waiting.size > 0 && this.#consumers.size === 0) this.#options.onWaiting()
  }

  #deliver({ sink }: Consumer, message: QueuedMessage): void {
    const { packet, hold, counts } = message
    const { queue } = this.#options
    this.#inHand++
    counts.set(packet.id, ++message.deliveries)
    const settled = () => {
      this.#inHand--
      return !this.#closed
    }
    sink.deliver(
      makeDelivery(queue, message, {
        ack: async () => {
          if (!settled()) return false
          // Until then the broker may send it again, to a handler that has had it before.
          const onWritten = () => void counts.delete(packet.id)
          const written =
            hold === undefined || (await this.#patience.acknowledge(hold, this.#delays.size > 0, onWritten))
          this.#settled()
          return written
        },
        nack: (delayMs) => {
          if (!settled()) return false
          if (delayMs > 0) this.#later(delayMs, message)
          else {
            this.#put(message, 'first')
            this.#settled()
          }
          return true
        },
        undelivered: () => {
          if (!settled()) return false
          counts.set(packet.id, --message.deliveries)
          this.#put(message, 'first')
          this.#settled()
          return true
        },
      }),
    )
  }

  #settled(): void {
    if (!this.#closed) this.#options.onSettled()
  }

  #later(delayMs: number, message: QueuedMessage): void {
    const timer = this.#options.clock.setTimer(
      delayMs,
      () => {
        this.#delays.delete(timer)
        this.#put(message, 'first')
        this.#settled()
      },
      { background: true },
    )
    this.#delays.add(timer)
    this.#patience.giveUp()
  }

  #count(bytes: number): void {
    const { budget, reading } = this.#options
    this.#waitingBytes += bytes
    if (bytes > 0) budget.take(bytes)
    else budget.give(-bytes)
    const full = this.#waitingBytes > WAITING_BYTES || (this.#waitingBytes > 0 && budget.isFull)
    if (full === this.#isHolding) return
    this.#isHolding = full
    if (full) reading.hold()
    else reading.release()
  }
}
