import type { InboundDelivery, QueueFacet } from '../core/adapter/queue-facet.js'
import type { Clock } from '../core/clock.js'
import type { Logger } from '../core/telemetry.js'
import type { Gauges } from '../mailbox/gauges.js'
import { withDeadline } from '../resilience/deadline.js'
import type { Outbox } from './outbox.js'
import { ownCopy } from './own-copy.js'
import { quietly } from './quietly.js'
import type { RedeliveryRules } from './redelivery.js'

/** The delay of the redelivery after a dead letter could not be written, in milliseconds. */
const AGAIN_MS = 5_000

/** Why a message is dead-lettered. */
export interface DeathCause {
  /** The error, in words. */
  readonly reason: string
  /** How many deliveries did not settle it. */
  readonly attempts: number
}

/** Writes messages that cannot be settled to the dead-letter queue, if one is configured, and reports them. */
export class DeadLetters {
  readonly #facet: QueueFacet
  readonly #outbox: Outbox
  readonly #gauges: Gauges
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #log: Logger

  constructor(
    facet: QueueFacet,
    outbox: Outbox,
    gauges: Gauges,
    clock: Clock,
    timeoutMs: number,
    log: Logger,
  ) {
    this.#facet = facet
    this.#outbox = outbox
    this.#gauges = gauges
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#log = log
  }

  /** Starts to write a dead letter. The message is acknowledged only after that, so that it cannot be lost. */
  write(delivery: InboundDelivery, cause: DeathCause, rules: RedeliveryRules): void {
    this.#write(delivery, cause, rules).catch((error: Error) => {
      this.#gauges.countError('enqueue')
      this.#log({
        level: 'error',
        message: `cannot write a dead letter of queue ${JSON.stringify(rules.queue)} to ${JSON.stringify(rules.deadLetter)}: ${error.message}; the message stays in its queue and is delivered again in ${AGAIN_MS / 1_000} s`,
      })
      void quietly(() => delivery.nack(AGAIN_MS))
    })
  }

  async #write(
    delivery: InboundDelivery,
    { reason, attempts }: DeathCause,
    { queue, deadLetter }: RedeliveryRules,
  ): Promise<void> {
    const headers = {
      ...delivery.headers,
      'nemo-dead-letter-queue': queue,
      'nemo-dead-letter-reason': reason,
      'nemo-dead-letter-attempts': String(attempts),
    }
    const { payload } = delivery
    if (deadLetter !== undefined)
      await withDeadline((attempt) => this.#facet.enqueue(deadLetter, payload, { headers }, attempt), {
        clock: this.#clock,
        deadline: this.#clock.monotonic() + this.#timeoutMs,
        operation: `send to dead-letter queue ${deadLetter}`,
      })
    await delivery.ack()
    this.#gauges.count('deadLettered')
    this.#outbox.notice({ kind: 'dead-letter', queue, reason, attempts, bytes: ownCopy(payload), headers })
  }
}
