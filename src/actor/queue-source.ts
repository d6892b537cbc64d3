import type { AdapterConsumer, Attempt, InboundDelivery, MessageSink, QueueFacet } from '../core/adapter.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import type { DeadLetters } from './dead-letters.js'
import type { DeliveryQueue } from './delivery-queue.js'
import type { Source } from './source.js'
import type { UnsettledDeliveries } from './unsettled.js'

/** One consumer of the host: never more messages unsettled than its concurrency. */
export class QueueSource implements Source, MessageSink<InboundDelivery> {
  readonly id: number
  readonly #queueName: string
  readonly #spec: SourceSpec
  readonly #facet: QueueFacet
  readonly #deliveries: DeliveryQueue
  readonly #unsettled: UnsettledDeliveries
  readonly #deadLetters: DeadLetters
  readonly #gauges: Gauges
  readonly #onEnd: (error: Error) => void
  #consumer: AdapterConsumer | undefined
  #ended = false

  constructor(
    queueName: string,
    spec: SourceSpec,
    facet: QueueFacet,
    deliveries: DeliveryQueue,
    unsettled: UnsettledDeliveries,
    deadLetters: DeadLetters,
    gauges: Gauges,
    onEnd: (error: Error) => void,
  ) {
    this.id = spec.id
    this.#queueName = queueName
    this.#spec = spec
    this.#facet = facet
    this.#deliveries = deliveries
    this.#unsettled = unsettled
    this.#deadLetters = deadLetters
    this.#gauges = gauges
    this.#onEnd = onEnd
  }

  async open(context: Attempt): Promise<void> {
    const consumer = await this.#facet.consume(this.#queueName, this, context)
    if (this.#ended) return consumer.close()
    this.#consumer = consumer
    consumer.request(this.#spec.concurrency ?? 1)
  }

  disconnected(): void {
    this.#consumer = undefined
    // What the host has not got yet comes again from the broker.
    this.#deliveries.clear()
  }

  deliver(delivery: InboundDelivery): boolean {
    if (this.#ended) {
      delivery.nack(0).catch(() => {})
      return true
    }
    const { maxDeliveries, deadLetter } = this.#spec
    if (maxDeliveries !== undefined && delivery.attempt > maxDeliveries) {
      this.#deadLetters.setAside(
        this.#queueName,
        delivery,
        `not settled in ${maxDeliveries} deliveries`,
        deadLetter,
      )
      this.#consumer?.request(1)
      return true
    }
    this.#gauges.count('dequeued')
    const consumer = this.#consumer
    const token = this.#unsettled.add(delivery, () => {
      if (this.#consumer === consumer && !this.#ended) consumer?.request(1)
    })
    const { topic, payload } = delivery
    this.#deliveries.offer({ topic, payload, extras: queueExtras(delivery, token) })
    return true
  }

  /** What a queue's broker keeps is not lost. */
  lost(): void {}

  end(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd(error)
  }

  drain(): void {
    this.#deliveries.drain()
  }

  async close(): Promise<void> {
    this.#ended = true
    // What the host has not got yet goes to somebody else.
    for (const { extras } of this.#deliveries.clear())
      if (extras?.token !== undefined) this.#unsettled.nack(extras.token, 0).catch(() => {})
    await this.#consumer?.close()
  }
}

/** What the host is told of a queue's message beside its payload. */
export function queueExtras(delivery: InboundDelivery, token: number) {
  const { headers, id, attempt, redelivered } = delivery
  return { token, attempt, redelivered, ...(headers && { headers }), ...(id !== undefined && { id }) }
}
