import type { MessageSink } from '../../core/adapter/inbound.js'
import type { InboundDelivery } from '../../core/adapter/queue-facet.js'

/** A consumer of a queue. */
export interface QueueConsumer {
  readonly sink: MessageSink<InboundDelivery>
  /** How many messages it has requested and not received yet. */
  demand: number
}

/** The consumers of one queue in this integration. */
export class QueueConsumers {
  readonly #all = new Set<QueueConsumer>()

  get size(): number {
    return this.#all.size
  }

  /** The sum of the consumers' demand. */
  get demand(): number {
    let sum = 0
    for (const { demand } of this.#all) sum += demand
    return sum
  }

  add(sink: MessageSink<InboundDelivery>): QueueConsumer {
    const consumer: QueueConsumer = { sink, demand: 0 }
    this.#all.add(consumer)
    return consumer
  }

  /** @returns whether the consumer was present */
  delete(consumer: QueueConsumer): boolean {
    return this.#all.delete(consumer)
  }

  clear(): void {
    this.#all.clear()
  }

  /** Delivers a message to a consumer that has demand. @returns false if no consumer has */
  deliver(make: () => InboundDelivery): boolean {
    for (const consumer of this.#all) {
      if (consumer.demand === 0) continue
      consumer.demand--
      consumer.sink.deliver(make())
      return true
    }
    return false
  }

  /** Ends all consumers with an error. */
  end(error: Error): void {
    const ended = [...this.#all]
    this.#all.clear()
    for (const { sink } of ended) sink.end(error)
  }
}
