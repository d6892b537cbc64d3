import type { Arrival } from './arrival.js'

/** A consumer as the others on its connection see it. */
export interface LocalConsumer {
  /** Messages that were handed out and are not settled. */
  readonly inHand: number
  /** @returns whether it takes the message: it is of its queue, and wanted */
  take(arrival: Arrival): boolean
  pause(): void
  end(): Promise<void>
  abandon(): void
}

/** The consumers on one connection: a message that one gives back goes to another of the same queue that waits for one. */
export class LocalConsumers {
  readonly #open = new Set<LocalConsumer>()

  add(consumer: LocalConsumer): void {
    this.#open.add(consumer)
  }

  delete(consumer: LocalConsumer): void {
    this.#open.delete(consumer)
  }

  /** Offers a message to each consumer that waits for one, to `giver` last. @returns whether one takes it */
  passOn(arrival: Arrival, giver: LocalConsumer): boolean {
    for (const consumer of this.#open) if (consumer !== giver && consumer.take(arrival)) return true
    return giver.take(arrival)
  }

  /** The server is about to end: no more messages are taken from it. */
  pause(): void {
    for (const consumer of this.#open) consumer.pause()
  }

  /** Messages in the hands of the consumers. */
  get inHand(): number {
    let sum = 0
    for (const { inHand } of this.#open) sum += inHand
    return sum
  }

  /** The connection is about to be closed: everything is given back. */
  async end(): Promise<void> {
    await Promise.all([...this.#open].map((consumer) => consumer.end()))
    this.#open.clear()
  }

  /** The connection is lost. */
  abandon(): void {
    for (const consumer of [...this.#open]) consumer.abandon()
    this.#open.clear()
  }
}
