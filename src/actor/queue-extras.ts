import type { InboundDelivery } from '../core/adapter/queue-facet.js'
import type { DeliveryExtras } from '../mailbox/protocol.js'

/** The metadata of a queue message that crosses to the host. */
export function queueExtras(delivery: InboundDelivery, token: number): DeliveryExtras {
  const { headers, id, attempt, redelivered } = delivery
  return { token, attempt, redelivered, ...(headers && { headers }), ...(id !== undefined && { id }) }
}
