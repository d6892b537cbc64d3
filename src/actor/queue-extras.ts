import type { InboundDelivery } from '../core/adapter.js'
import type { DeliveryExtras } from '../mailbox/protocol.js'

/** What the host learns of a queue's message beside its payload. */
export function queueExtras(delivery: InboundDelivery, token: number): DeliveryExtras {
  const { headers, id, attempt, redelivered } = delivery
  return { token, attempt, redelivered, ...(headers && { headers }), ...(id !== undefined && { id }) }
}
