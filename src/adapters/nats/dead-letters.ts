import type { Clock } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import type { Delivery } from './delivery.js'
import { MESSAGE_ID } from './message-id.js'

const RETRY_MS = 1_000

/** What setting messages aside needs. */
export interface DeadLetterParts {
  /** The queue that gets them. */
  readonly into: string
  readonly maxDeliver: number
  readonly timeoutMs: number
  readonly clock: Clock
  readonly log: Logger
  /** Puts a message into a queue. @throws IntegrationError */
  enqueue(
    queue: string,
    payload: Uint8Array,
    headers: Record<string, string>,
    deadline: number,
  ): Promise<unknown>
}

/**
 * Takes messages that have been delivered too often: into the queue for dead letters, and, once they are safe there,
 * out of their own, for good. Under an id of its own: one that is set aside twice is there once.
 * @returns takes a delivery, or answers false when it has not been delivered too often
 */
export function deadLetters(queue: string, parts: DeadLetterParts): (delivery: Delivery) => boolean {
  const { into, maxDeliver, clock, log } = parts
  const setAside = async (delivery: Delivery) => {
    const headers = {
      ...delivery.headers,
      [MESSAGE_ID]: `dead:${delivery.id}`,
      'nemo-dead-letter-queue': queue,
      'nemo-dead-letter-reason': `not settled in ${maxDeliver} deliveries`,
      // Not what the server counts: it counts each time that we could not set it aside, too.
      'nemo-dead-letter-attempts': String(maxDeliver),
    }
    await parts.enqueue(into, delivery.payload, headers, clock.monotonic() + parts.timeoutMs)
    await delivery.term()
    log({ level: 'warn', message: `a message of queue ${queue} was set aside into ${into}`, id: delivery.id })
  }
  return (delivery) => {
    if (delivery.attempt <= maxDeliver) return false
    setAside(delivery).catch((error: Error) => {
      log({ level: 'warn', message: `a message could not be set aside into ${into}: ${error.message}` })
      // It comes once more, and is tried again.
      delivery.nack(RETRY_MS).catch(() => {})
    })
    return true
  }
}
