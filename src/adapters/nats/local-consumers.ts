import type { Arrival } from './arrival.js'

/** A consumer as seen by the other consumers of its connection. */
export interface LocalConsumer {
  /** Number of messages that were delivered and are not settled. */
  readonly inHand: number
  /** Accepts a message if it belongs to this consumer's queue and there is demand. @returns whether it was accepted */
  take(arrival: Arrival): boolean
  pause(): void
  /** Called when the connection is lost: the messages in hand can no longer be settled. */
  end(): Promise<void>
  connectionLost(): void
}

/**
 * The consumers of one connection. A message that one gives back goes directly to another with demand in the same
 * queue.
 */
export class LocalConsumers {
  readonly #open = new Set<LocalConsumer>()

  add(consumer: LocalConsumer): void {
    this.#open.add(consumer)
  }

  delete(consumer: LocalConsumer): void {
    this.#open.delete(consumer)
  }

  /** Offers a message to each consumer, to `giver` last. @returns whether a consumer accepts it */
  offer(arrival: Arrival, giver: LocalConsumer): boolean {
    for (const consumer of this.#open) if (consumer !== giver && consumer.take(arrival)) return true
    return giver.take(arrival)
  }

  /** Stops requesting messages, because the server is shutting down. */
  pause(): void {
    for (const consumer of this.#open) consumer.pause()
  }

  /** Number of messages in hand of all consumers. */
  get inHand(): number {
    let sum = 0
    for (const { inHand } of this.#open) sum += inHand
    return sum
  }

  /** Gives back all messages before the connection is closed. */
  async end(): Promise<void> {
    await Promise.all([...this.#open].map((consumer) => consumer.end()))
    this.#open.clear()
  }

  /** Tells all consumers that the connection is lost. */
  connectionLost(): void {
    for (const consumer of [...this.#open]) consumer.connectionLost()
    this.#open.clear()
  }
}
