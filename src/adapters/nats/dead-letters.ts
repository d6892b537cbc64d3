import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { Delivery } from './delivery.js'
import { MESSAGE_ID } from './message-id.js'

/** Delay before a message that could not be dead-lettered is delivered again, in milliseconds. */
const RETRY_MS = 1_000

/** What dead-lettering needs. */
export interface DeadLetterDependencies {
  /** The queue for dead letters. */
  readonly into: string
  readonly maxDeliver: number
  readonly context: Pick<AdapterContext, 'clock' | 'log' | 'settings' | 'deadLettered'>
  /** Adds a message to a queue. @throws IntegrationError */
  enqueue(
    queue: string,
    payload: Uint8Array,
    headers: Record<string, string>,
    deadline: number,
  ): Promise<unknown>
}

/**
 * Returns a function that dead-letters a delivery if it was delivered too often: it stores a copy in the dead-letter
 * queue, then terminates the original. The copy's message id derives from the original's, so a repeated attempt stores
 * it once.
 * @returns a function that returns false if the delivery was not delivered too often
 */
export function deadLetters(
  queue: string,
  dependencies: DeadLetterDependencies,
): (delivery: Delivery) => boolean {
  const { into, maxDeliver, context } = dependencies
  const { clock, log, settings } = context
  const reason = `not settled in ${maxDeliver} deliveries`
  const deadLetter = async (delivery: Delivery) => {
    const headers = {
      ...delivery.headers,
      [MESSAGE_ID]: `dead:${delivery.id}`,
      'nemo-dead-letter-queue': queue,
      'nemo-dead-letter-reason': reason,
      // Do not use the server's count: it includes failed attempts to dead-letter.
      'nemo-dead-letter-attempts': String(maxDeliver),
    }
    await dependencies.enqueue(into, delivery.payload, headers, clock.monotonic() + settings.timeoutMs)
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
      message: `dead-lettered a message of queue ${queue} to queue ${into}`,
      id: delivery.id,
    })
  }
  return (delivery) => {
    if (delivery.attempt <= maxDeliver || delivery.defect !== undefined) return false
    deadLetter(delivery).catch((error: Error) => {
      log({
        level: 'warn',
        message: `cannot dead-letter a message of queue ${queue} to queue ${into}: ${error.message}`,
      })
      // The message is delivered again, and dead-lettering is retried then.
      delivery.nack(RETRY_MS).catch(() => {})
    })
    return true
  }
}
