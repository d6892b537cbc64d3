import type { DeadLetterReport, InboundDelivery, MessageSink } from '../../core/adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock, Timer } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import { AckPatience } from './ack-patience.js'
import type { Hold } from './client/ack-gate.js'
import { EMPTY_PROPERTIES } from './client/properties.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import { owned } from './owned.js'
import { deliveriesSoFar, makeDelivery, SerializeDefect } from './queue-delivery.js'
import { WaitingMessages } from './queue-waiting.js'
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
  /** Its place in the order of arrival, in which acknowledgements leave. */
  readonly order: number
  deliveries: number
  readonly mayBeKnown: boolean
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
  /** A message that cannot be given back, because its payload was skipped. */
  readonly deadLettered: (letter: DeadLetterReport) => void
}

/**
 * The messages of one queue that the broker has given us. They wait here, unacknowledged, until a consumer asks for
 * one; so there are Receive Maximum of them at most. MQTT has no negative acknowledgement: a message that is given
 * back is delivered again from here. If the connection is lost, the broker sends all that is unacknowledged again.
 */
export class QueueInbox {
  readonly #options: QueueInboxOptions
  readonly #consumers = new Set<Consumer>()
  readonly #waiting = new WaitingMessages<QueuedMessage>()
  readonly #delays = new Map<QueuedMessage, Timer>()
  readonly #inHand = new Set<QueuedMessage>()
  readonly #patience: AckPatience
  #waitingBytes = 0
  #isHolding = false
  #order = 0
  /** The latest message that is acknowledged. */
  #lastAcknowledged = 0
  #isServing = true
  #closed = false

  constructor(options: QueueInboxOptions) {
    this.#options = options
    this.#patience = new AckPatience(options)
  }

  /** Whether nothing is here that is not settled. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#inHand.size === 0 && this.#delays.size === 0
  }

  /** Messages that wait for a consumer. */
  get waiting(): number {
    return this.#waiting.size
  }

  get hasConsumers(): boolean {
    return this.#consumers.size > 0
  }

  accept(packet: PublishPacket, hold: Hold | undefined, counts = this.#options.counts): void {
    const mayBeKnown = packet.dup && !this.#options.isCountComplete && !counts.has(packet.id)
    const deliveries = deliveriesSoFar(packet, counts)
    this.#arrive({ packet: owned(packet), hold, counts, deliveries, mayBeKnown, order: ++this.#order })
  }

  acceptOversize(packet: OversizePacket, hold: Hold | undefined): void {
    const { counts } = this.#options
    const defect = new SerializeDefect(packet.size)
    const empty = { ...packet, payload: new Uint8Array(0), properties: EMPTY_PROPERTIES }
    const unseen = { deliveries: 0, mayBeKnown: false }
    this.#arrive({ packet: empty, hold, counts, ...unseen, defect, order: ++this.#order })
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
    while (taken.length < count && this.#waiting.size > 0) {
      const next = this.#next()
      if (next.defect === undefined) taken.push(next)
      else this.#deadLetter(next, next.defect)
    }
    return taken
  }

  /** Puts back what `take` gave. */
  putBack(messages: readonly QueuedMessage[]): void {
    for (const message of messages) this.#putBack(message)
    this.#serve()
  }

  /** Nothing is delivered any more; what was delivered and is not settled waits again. */
  reclaim(): void {
    this.#isServing = false
    const unsettled = [...this.#inHand, ...this.#delays.keys()]
    this.#inHand.clear()
    for (const delay of this.#delays.values()) delay.cancel()
    this.#delays.clear()
    for (const message of unsettled) this.#putBack(message)
  }

  /** Takes out what waits and was delivered before, or holds back an acknowledgement; it is the caller's. */
  takeKnown(): readonly QueuedMessage[] {
    const all = this.take(this.#waiting.size)
    const isKnown = ({ deliveries, order }: QueuedMessage) => deliveries > 0 || order < this.#lastAcknowledged
    this.putBack(all.filter((message) => !isKnown(message)))
    return all.filter(isKnown)
  }

  /** The connection has ended: nothing here can be settled any more. */
  close(error: Error): void {
    this.#closed = true
    for (const delay of this.#delays.values()) delay.cancel()
    this.#delays.clear()
    this.#patience.close()
    while (this.#waiting.size > 0) this.#next()
    const consumers = [...this.#consumers]
    this.#consumers.clear()
    for (const { sink } of consumers) sink.end(error)
  }

  #deadLetter({ packet: { payload }, hold, deliveries }: QueuedMessage, { message: reason }: Error): void {
    const { queue, deadLettered } = this.#options
    hold?.settle()
    deadLettered({ queue, reason, attempts: deliveries, payload })
  }

  #arrive(message: QueuedMessage): void {
    this.#waiting.push(message)
    this.#count(message.packet.payload.length)
    this.#serve()
  }

  #putBack(message: QueuedMessage): void {
    this.#waiting.putBack(message)
    this.#count(message.packet.payload.length)
    this.#patience.giveUp(message.order)
  }

  #next(): QueuedMessage {
    const next = this.#waiting.shift()!
    this.#count(-next.packet.payload.length)
    return next
  }

  #serve(): void {
    if (!this.#isServing) return
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
    this.#inHand.add(message)
    counts.set(packet.id, ++message.deliveries)
    const settled = () => this.#inHand.delete(message) && !this.#closed
    sink.deliver(
      makeDelivery(queue, message, {
        ack: async () => {
          if (!settled()) return false
          // Until then the broker may send it again, to a handler that has had it before.
          const onWritten = () => void counts.delete(packet.id)
          this.#lastAcknowledged = Math.max(this.#lastAcknowledged, message.order)
          const written =
            hold === undefined ||
            (await this.#patience.acknowledge(hold, message.order, this.#isBlocked(message), onWritten))
          this.#settled()
          return written
        },
        nack: (delayMs) => {
          if (!settled()) return false
          if (delayMs > 0) this.#later(delayMs, message)
          else {
            this.putBack([message])
            this.#settled()
          }
          return true
        },
        undelivered: () => {
          if (!settled()) return false
          counts.set(packet.id, --message.deliveries)
          this.putBack([message])
          this.#settled()
          return true
        },
      }),
    )
  }

  /** Whether an earlier message waits for its next delivery. */
  #isBlocked({ order }: QueuedMessage): boolean {
    const first = this.#waiting.peek()
    if (first !== undefined && first.order < order) return true
    for (const delayed of this.#delays.keys()) if (delayed.order < order) return true
    return false
  }

  #settled(): void {
    if (!this.#closed) this.#options.onSettled()
  }

  #later(delayMs: number, message: QueuedMessage): void {
    const timer = this.#options.clock.setTimer(
      delayMs,
      () => {
        this.#delays.delete(message)
        this.putBack([message])
        this.#settled()
      },
      { background: true },
    )
    this.#delays.set(message, timer)
    this.#patience.giveUp(message.order)
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
