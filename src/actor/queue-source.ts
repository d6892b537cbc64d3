import type { Attempt } from '../core/adapter/attempt.js'
import type { MessageSink } from '../core/adapter/inbound.js'
import type { AdapterConsumer, InboundDelivery, QueueFacet } from '../core/adapter/queue-facet.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import { AttemptSink } from './attempt-sink.js'
import type { DeliveryQueue } from './delivery-queue.js'
import { queueExtras } from './queue-extras.js'
import { heldByWindows, type QueueTransform } from './queue-transform.js'
import { quietly } from './quietly.js'
import type { RedeliveryRules } from './redelivery.js'
import type { Source } from './source.js'
import { returnUnseen, type UnsettledDeliveries } from './unsettled.js'

/** One consumer of the host. Requests no more messages than its concurrency allows to be unsettled. */
export class QueueSource implements Source, MessageSink<InboundDelivery> {
  readonly id: number
  readonly verb = 'consume'
  readonly target: string
  readonly #spec: SourceSpec
  readonly #facet: QueueFacet
  readonly #deliveries: DeliveryQueue
  readonly #unsettled: UnsettledDeliveries
  readonly #rules: RedeliveryRules
  readonly #gauges: Gauges
  readonly #transform: QueueTransform | undefined
  readonly #onEnd: (error: Error) => void
  #consumer: AdapterConsumer | undefined
  #sink: AttemptSink<InboundDelivery> | undefined
  #state: 'alive' | 'over' = 'alive'

  constructor(
    queue: string,
    spec: SourceSpec,
    facet: QueueFacet,
    deliveries: DeliveryQueue,
    unsettled: UnsettledDeliveries,
    gauges: Gauges,
    transform: QueueTransform | undefined,
    onEnd: (error: Error) => void,
  ) {
    this.id = spec.id
    this.target = queue
    this.#spec = spec
    this.#facet = facet
    this.#deliveries = deliveries
    this.#unsettled = unsettled
    this.#rules = { queue, maxDeliveries: spec.maxDeliveries, deadLetter: spec.deadLetter }
    this.#gauges = gauges
    this.#transform = transform
    this.#onEnd = onEnd
  }

  async open(attempt: Attempt): Promise<void> {
    const sink = new AttemptSink(this.#rules.queue, this, returnUnseen)
    this.#sink = sink
    const consumer = await sink.open(attempt, () => this.#facet.consume(this.#rules.queue, sink, attempt))
    // It may have ended before this line is reached.
    if (sink.isRetired) return void quietly(() => consumer.close())
    this.#consumer = consumer
    consumer.request(Math.max(this.#spec.concurrency ?? 1, heldByWindows(this.#spec.transforms ?? [])))
  }

  disconnected(): void {
    this.#consumer = undefined
    this.#sink?.retire()
    this.#returnWaiting()
    this.#transform?.disconnected()
  }

  release(): Promise<void> {
    const consumer = this.#consumer
    this.disconnected()
    return quietly(() => consumer?.close())
  }

  drain(): void {
    this.#deliveries.drain()
  }

  flush(): void {}

  /** Gives back what the host has not received: the successor gets it from the broker. */
  finish(): Promise<void> {
    return this.close()
  }

  close(): Promise<void> {
    return this.#leave((consumer) => consumer.close())
  }

  detach(): Promise<void> {
    return this.#leave((consumer) => consumer.detach?.() ?? consumer.close())
  }

  async #leave(end: (consumer: AdapterConsumer) => Promise<void>): Promise<void> {
    this.#state = 'over'
    this.#sink?.retire()
    this.#returnWaiting()
    this.#transform?.close()
    if (this.#consumer !== undefined) await end(this.#consumer)
  }

  /** Gives back the messages that have not been sent to the host. After a lost connection this does nothing. */
  #returnWaiting(): void {
    for (const { extras } of this.#deliveries.clear())
      if (extras?.token !== undefined) this.#unsettled.undelivered(extras.token).catch(() => {})
  }

  deliver(delivery: InboundDelivery): boolean {
    const consumer = this.#consumer
    const askForAnother = () => {
      if (this.#consumer === consumer && this.#state === 'alive') consumer?.request(1)
    }
    const token = this.#unsettled.take(delivery, this.#rules, askForAnother)
    if (token === undefined) {
      askForAnother()
      return true
    }
    this.#gauges.count('dequeued')
    if (this.#transform !== undefined) {
      this.#transform.push(delivery, token)
      return true
    }
    const { topic, payload } = delivery
    this.#deliveries.offer({ topic, payload, extras: queueExtras(delivery, token) })
    return true
  }

  /** Does nothing: the broker of a queue keeps messages until they are settled. */
  lost(): void {}

  end(error: Error): void {
    if (this.#state === 'alive') this.#onEnd(error)
  }
}
