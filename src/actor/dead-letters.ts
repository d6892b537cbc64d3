import type { InboundDelivery, QueueFacet } from '../core/adapter.js'
import type { Clock } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'
import { withDeadline } from '../resilience/deadline.js'
import type { Outbox } from './outbox.js'
import { ownCopy } from './own-copy.js'

/** Sets messages aside that nobody could settle: into a queue where one is named, and always reported to the host. */
export class DeadLetters {
  readonly #facet: QueueFacet
  readonly #outbox: Outbox
  readonly #gauges: Gauges
  readonly #clock: Clock
  readonly #timeoutMs: number

  constructor(facet: QueueFacet, outbox: Outbox, gauges: Gauges, clock: Clock, timeoutMs: number) {
    this.#facet = facet
    this.#outbox = outbox
    this.#gauges = gauges
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Begins to set it aside; it is acknowledged only once it is safe, so that it is never lost over it. */
  setAside(queue: string, delivery: InboundDelivery, reason: string, into: string | undefined): void {
    this.#setAside(queue, delivery, reason, into).catch(() => {
      // The broker delivers it once more, and we try again.
      delivery.nack(1_000).catch(() => {})
    })
  }

  async #setAside(
    queue: string,
    delivery: InboundDelivery,
    reason: string,
    into: string | undefined,
  ): Promise<void> {
    const attempts = delivery.attempt - 1
    const headers = {
      ...delivery.headers,
      'nemo-dead-letter-queue': queue,
      'nemo-dead-letter-reason': reason,
      'nemo-dead-letter-attempts': String(attempts),
    }
    if (into !== undefined)
      await withDeadline((context) => this.#facet.enqueue(into, delivery.payload, { headers }, context), {
        clock: this.#clock,
        deadline: this.#clock.monotonic() + this.#timeoutMs,
        operation: `send to dead-letter queue ${into}`,
      })
    await delivery.ack()
    this.#gauges.count('deadLettered')
    const { payload } = delivery
    this.#outbox.notice({ kind: 'dead-letter', queue, reason, attempts, bytes: ownCopy(payload), headers })
  }
}
