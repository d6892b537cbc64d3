import { expect } from 'vitest'
import type { Gateway, QueueConsumer } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'
import { Numbers } from './numbers.js'
import { Settlements } from './settled.js'

/** So many sends are under way at a time. */
const AT_ONCE = 16

/** A queue under load: one integration sends numbers to it, another one works them off. */
export class QueueLoad {
  readonly sent = new Set<number>()
  readonly handled = new Numbers()
  readonly #gateway: Gateway
  readonly #queue: string
  readonly #consumer: QueueConsumer<number>
  readonly #settlements = new Settlements()
  #next = 0
  #running = true
  #load: Promise<unknown> = Promise.resolve()

  private constructor(gateway: Gateway, queue: string, consumer: QueueConsumer<number>) {
    this.#gateway = gateway
    this.#queue = queue
    this.#consumer = consumer
  }

  /** @param sender, worker the names of the two integrations */
  static start(gateway: Gateway, queue: string, sender = 'sender', worker = 'worker'): QueueLoad {
    const consumer = gateway.queue(worker).consume<number>(queue, { concurrency: 8 })
    const load = new QueueLoad(gateway, queue, consumer)
    void consumer.each(({ value }) => load.handled.add(value))
    load.#load = Promise.all(Array.from({ length: AT_ONCE }, () => load.#send(sender)))
    return load
  }

  /** Resolves when so many more have been acknowledged to the sender. */
  async more(count: number): Promise<void> {
    const goal = this.sent.size + count
    await waitFor(() => this.sent.size >= goal, {
      what: () => `${goal} acknowledged messages; there are ${this.sent.size}`,
      timeoutMs: 30_000,
    })
  }

  /** Ends the load. Everything settles, errors are typed, and what was acknowledged is handled. */
  async survived(): Promise<void> {
    this.#running = false
    await this.#load
    await this.#settlements.allSettled()
    this.#settlements.expectTyped()
    await waitFor(() => this.handled.missing(this.sent).length === 0, {
      what: () => `${this.handled.missing(this.sent).length} of ${this.sent.size} acknowledged messages`,
      timeoutMs: 30_000,
    })
    expect(this.sent.size).toBeGreaterThan(0)
  }

  /** Sends no more, and gives up the consumer. */
  async stop(): Promise<void> {
    this.#running = false
    await this.#consumer.close()
  }

  async #send(sender: string): Promise<void> {
    while (this.#running) {
      const n = this.#next++
      const sending = this.#gateway.queue(sender).send(this.#queue, n)
      this.#settlements.follow(`send ${n}`, sending, ({ ok }) => ok && this.sent.add(n))
      await sending.catch(() => new Promise((resolve) => setTimeout(resolve, 20)))
    }
  }
}
