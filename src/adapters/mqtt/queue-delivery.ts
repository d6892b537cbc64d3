import type { InboundDelivery } from '../../core/adapter/queue-facet.js'
import { SerializeError } from '../../core/errors/operation.js'
import { AckError } from '../../core/errors/queue.js'
import type { Headers } from '../../core/value.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { messageParts } from './message.js'

/** The user property with the message id that `enqueue` returned. */
export const MESSAGE_ID = 'nemo-message-id'
/** The user property with the number of deliveries so far, on a message that its consumer has returned to the queue. */
export const DELIVERIES = 'nemo-deliveries'

/** The user property of a returned message that probes for other members. */
export const RETURNED = 'nemo-returned'

/** Marks a queue message whose payload was skipped. */
export class SerializeDefect extends SerializeError {
  constructor(size: number) {
    super(`the message has ${size} bytes: more than limits.frame`)
  }
}

/** The ways to settle a delivery. Each returns false if the connection has ended. */
export interface DeliverySettlement {
  ack(): Promise<boolean>
  nack(delayMs: number): boolean
  undelivered(): boolean
}

interface Delivered {
  readonly packet: PublishPacket
  readonly deliveries: number
  /** Whether the broker has sent the message before, to a process that may have delivered it. */
  readonly mayBeRedelivery: boolean
  readonly defect?: Error
}

/** Creates a delivery for a consumer. Only the first settlement has an effect. */
export function makeDelivery(
  queue: string,
  { packet, deliveries, mayBeRedelivery, defect }: Delivered,
  settlement: DeliverySettlement,
): InboundDelivery {
  let isSettled = false
  const settle = async (how: () => boolean | Promise<boolean>) => {
    if (isSettled) return
    isSettled = true
    if (!(await how())) throw connectionGone(queue)
  }
  const { headers, contentType } = messageParts(packet)
  return {
    topic: packet.topic,
    payload: packet.payload,
    attempt: deliveries,
    redelivered: deliveries > 1 || mayBeRedelivery,
    ...(contentType !== undefined && { contentType }),
    ...identify(headers),
    ...(defect !== undefined && { defect }),
    ack: () => settle(settlement.ack),
    nack: (delayMs) => settle(() => settlement.nack(delayMs)),
    undelivered: () => settle(settlement.undelivered),
  }
}

/**
 * Returns how many deliveries to a handler are known. DUP alone does not prove one: the message may have waited here
 * without a consumer.
 */
export function deliveriesSoFar({ id, dup, properties }: PublishPacket, counts: Map<number, number>): number {
  const carried = Number(properties.headers?.[DELIVERIES] ?? 0)
  const before = Number.isSafeInteger(carried) && carried > 0 ? carried : 0
  if (dup) return Math.max(before, counts.get(id) ?? 0)
  counts.delete(id)
  return before
}

function connectionGone(queue: string): AckError {
  return new AckError(
    queue,
    'the connection that delivered the message has ended: the broker delivers it again',
  )
}

/** Separates our user properties from the sender's headers. */
function identify(headers: Headers | undefined): { id?: string; headers?: Headers } {
  if (headers === undefined) return {}
  const { [MESSAGE_ID]: id, [DELIVERIES]: _, [RETURNED]: __, ...rest } = headers
  return { ...(id !== undefined && { id }), ...(Object.keys(rest).length > 0 && { headers: rest }) }
}
