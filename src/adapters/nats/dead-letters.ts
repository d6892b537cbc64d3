import type { AdapterContext } from '../../core/adapter.js'
import type { Delivery } from './delivery.js'
import { MESSAGE_ID } from './message-id.js'

const RETRY_MS = 1_000

/** What dead-lettering needs. */
export interface DeadLetterParts {
  /** The queue that gets the messages. */
  readonly into: string
  readonly maxDeliver: number
  readonly context: Pick<AdapterContext, 'clock' | 'log' | 'settings' | 'deadLettered'>
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
 * out of their own queue for good. The id of the copy is made of the message's id: the stream keeps a message once that is
 * dead-lettered twice.
 * @returns takes a delivery, or answers false when it has not been delivered too often
 */
export function deadLetters(queue: string, parts: DeadLetterParts): (delivery: Delivery) => boolean {
  const { into, maxDeliver, context } = parts
  const { clock, log, settings } = context
  const reason = `not settled in ${maxDeliver} deliveries`
  const deadLetter = async (delivery: Delivery) => {
    const headers = {
      ...delivery.headers,
      [MESSAGE_ID]: `dead:${delivery.id}`,
      'nemo-dead-letter-queue': queue,
      'nemo-dead-letter-reason': reason,
      // Not what the server counts: it also counts the failures to dead-letter the message.
      'nemo-dead-letter-attempts': String(maxDeliver),
    }
    await parts.enqueue(into, delivery.payload, headers, clock.monotonic() + settings.timeoutMs)
    await delivery.term()
    const { payload } = delivery
    context.deadLettered({
      queue,
      reason,
      attempts: maxDeliver,
      payload,
      ...(delivery.headers && { headers: delivery.headers }),
    })
    log({
      level: 'warn',
      message: `a message of queue ${queue} was dead-lettered into ${into}`,
      id: delivery.id,
    })
  }
  return (delivery) => {
    if (delivery.attempt <= maxDeliver || delivery.defect !== undefined) return false
    deadLetter(delivery).catch((error: Error) => {
      log({ level: 'warn', message: `a message could not be dead-lettered into ${into}: ${error.message}` })
      // It comes once more, and is tried again.
      delivery.nack(RETRY_MS).catch(() => {})
    })
    return true
  }
}
