import { DequeueError } from '../../core/errors/queue.js'
import type { DeliveryLimit } from './delivery.js'
import type { NatsConfig } from './manifest.js'
import { MESSAGE_ID } from './message-id.js'

const NO_LIMIT: DeliveryLimit = { defect: () => undefined, exhausted: () => undefined }

/** Returns the limit of deliveries that `max_deliver` sets for a queue, with or without a queue for dead letters. */
export function deliveryLimit(
  queue: string,
  { max_deliver: most, dead_letter: deadLetter }: NatsConfig['consumer'],
): DeliveryLimit {
  if (most === -1) return NO_LIMIT
  const reason = `not settled in ${most} deliveries`
  if (deadLetter === undefined)
    return {
      ...NO_LIMIT,
      defect: (attempt) => (attempt > most ? new DequeueError(queue, reason) : undefined),
    }
  return {
    ...NO_LIMIT,
    exhausted: (attempt, id) =>
      attempt > most
        ? // Do not use the server's count: it includes tries to dead-letter the message. The id of the copy derives
          // from that of the message, so that a repeated try stores it once.
          { deadLetter, reason, attempts: most, headers: { [MESSAGE_ID]: `dead:${id}` } }
        : undefined,
  }
}
