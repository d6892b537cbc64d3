import type { InboundDelivery, MessageSink } from '../../core/adapter.js'

/** One consumer of a queue. */
export interface QueueConsumer {
  readonly sink: MessageSink<InboundDelivery>
  /** How many messages it has asked for and not been given. */
  demand: number
}

/** The consumers that this integration has of one queue. */
export class QueueConsumers {
  readonly #all = new Set<QueueConsumer>()

  get size(): number {
    return this.#all.size
  }

  /** How many messages all of them have asked for. */
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

  /** @returns whether it was there */
  delete(consumer: QueueConsumer): boolean {
    return this.#all.delete(consumer)
  }

  clear(): void {
    this.#all.clear()
  }

  /** Gives a message to one that has asked for it. @returns false when none has */
  deliver(make: () => InboundDelivery): boolean {
    for (const consumer of this.#all) {
      if (consumer.demand === 0) continue
      consumer.demand--
      consumer.sink.deliver(make())
      return true
    }
    return false
  }

  /** Ends all of them. */
  end(error: Error): void {
    const ended = [...this.#all]
    this.#all.clear()
    for (const { sink } of ended) sink.end(error)
  }
}
