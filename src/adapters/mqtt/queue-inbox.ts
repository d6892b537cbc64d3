import type { MessageSink } from '../../core/adapter/inbound.js'
import type { DeadLetterReport } from '../../core/adapter/protocol-adapter.js'
import type { InboundDelivery } from '../../core/adapter/queue-facet.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock, Timer } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import { AckTimeout } from './ack-timeout.js'
import type { Hold } from './client/ack-gate.js'
import { EMPTY_PROPERTIES } from './client/properties.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import { owned } from './owned.js'
import { deliveriesSoFar, makeDelivery, SerializeDefect } from './queue-delivery.js'
import { WaitingMessages } from './queue-waiting.js'
import type { ReadingGate } from './subscription-flow.js'

/** How many bytes may wait for demand before the connection is paused. */
const WAITING_BYTES = 16 * 1_048_576

interface Consumer {
  readonly sink: MessageSink<InboundDelivery>
  demand: number
}

/** A received message that is not acknowledged. */
export interface QueuedMessage {
  readonly packet: PublishPacket
  readonly hold: Hold | undefined
  /** Deliveries to handlers so far by packet identifier. Like the session, it outlives the connection. */
  readonly counts: Map<number, number>
  /** The place in the order of arrival, which is the order of acknowledgements. */
  readonly order: number
  deliveries: number
  readonly mayBeRedelivery: boolean
  readonly defect?: Error
}

/** What the inbox needs. */
export interface QueueInboxOptions {
  readonly queue: string
  readonly clock: Clock
  readonly log: Logger
  readonly reading: ReadingGate
  readonly budget: ByteBudget
  /** Whether `counts` is complete: the session began in this life, so a message without a count was never delivered. */
  readonly isCountComplete: boolean
  readonly counts: Map<number, number>
  /** Called when a message waits without a consumer. */
  readonly onWaiting: () => void
  /** Called when a delivered message is settled, or waits again. */
  readonly onSettled: () => void
  /** Reports a message that cannot be returned to the queue because its payload was skipped. */
  readonly deadLettered: (letter: DeadLetterReport) => void
}

/**
 * Unacknowledged messages of one queue, which wait here until a consumer requests them, limited by Receive Maximum.
 * MQTT has no negative acknowledgement, so a message that is given back is redelivered from here.
 */
export class QueueInbox {
  readonly #options: QueueInboxOptions
  readonly #consumers = new Set<Consumer>()
  readonly #waiting = new WaitingMessages<QueuedMessage>()
  readonly #delays = new Map<QueuedMessage, Timer>()
  readonly #inHand = new Set<QueuedMessage>()
  readonly #ackTimeout: AckTimeout
  #waitingBytes = 0
  #isHolding = false
  #order = 0
  /** The place of the latest acknowledged message. */
  #lastAcknowledged = 0
  #isServing = true
  #closed = false

  constructor(options: QueueInboxOptions) {
    this.#options = options
    this.#ackTimeout = new AckTimeout(options)
  }

  /** Whether no unsettled message is here. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#inHand.size === 0 && this.#delays.size === 0
  }

  /** Number of messages that wait for a consumer. */
  get waiting(): number {
    return this.#waiting.size
  }

  get hasConsumers(): boolean {
    return this.#consumers.size > 0
  }

  accept(packet: PublishPacket, hold: Hold | undefined, counts = this.#options.counts): void {
    const mayBeRedelivery = packet.dup && !this.#options.isCountComplete && !counts.has(packet.id)
    const deliveries = deliveriesSoFar(packet, counts)
    this.#arrive({ packet: owned(packet), hold, counts, deliveries, mayBeRedelivery, order: ++this.#order })
  }

  acceptOversize(packet: OversizePacket, hold: Hold | undefined): void {
    const { counts } = this.#options
    const defect = new SerializeDefect(packet.size)
    const empty = { ...packet, payload: new Uint8Array(0), properties: EMPTY_PROPERTIES }
    const unseen = { deliveries: 0, mayBeRedelivery: false }
    this.#arrive({ packet: empty, hold, counts, ...unseen, defect, order: ++this.#order })
  }

  /** Adds a consumer. @returns its methods to request messages and to remove it */
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

  /** Removes waiting messages, oldest first. The caller owns them. */
  take(count: number): readonly QueuedMessage[] {
    const taken: QueuedMessage[] = []
    while (taken.length < count && this.#waiting.size > 0) {
      const next = this.#next()
      if (next.defect === undefined) taken.push(next)
      else this.#deadLetter(next, next.defect)
    }
    return taken
  }

  /** Returns messages that `take` removed. */
  putBack(messages: readonly QueuedMessage[]): void {
    for (const message of messages) this.#putBack(message)
    this.#serve()
  }

  /** Stops delivering, and puts all unsettled messages back into the waiting ones. */
  reclaim(): void {
    this.#isServing = false
    const unsettled = [...this.#inHand, ...this.#delays.keys()]
    this.#inHand.clear()
    for (const delay of this.#delays.values()) delay.cancel()
    this.#delays.clear()
    for (const message of unsettled) this.#putBack(message)
  }

  /**
   * Removes waiting messages that were delivered before, or that block a later acknowledgement. The caller owns them.
   */
  takeDelivered(): readonly QueuedMessage[] {
    const all = this.take(this.#waiting.size)
    const isKnown = ({ deliveries, order }: QueuedMessage) => deliveries > 0 || order < this.#lastAcknowledged
    this.putBack(all.filter((message) => !isKnown(message)))
    return all.filter(isKnown)
  }

  /** Closes the inbox after the connection has ended. Nothing can be settled any more. */
  close(error: Error): void {
    this.#closed = true
    for (const delay of this.#delays.values()) delay.cancel()
    this.#delays.clear()
    this.#ackTimeout.close()
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
    this.#ackTimeout.stopWaiting(message.order)
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
          // Keep the count until then: the broker may redeliver the message to a handler that has had it.
          const onWritten = () => void counts.delete(packet.id)
          this.#lastAcknowledged = Math.max(this.#lastAcknowledged, message.order)
          const written =
            hold === undefined ||
            (await this.#ackTimeout.acknowledge(hold, message.order, this.#isBlocked(message), onWritten))
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

  /** Returns whether an earlier message waits for redelivery. */
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
    this.#ackTimeout.stopWaiting(message.order)
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
