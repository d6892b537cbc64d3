import type { InboundDelivery } from '../../core/adapter.js'
import { AckError, SerializeError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { messageParts } from './message.js'

/** The user property that carries the id which `enqueue` gave the message. */
export const MESSAGE_ID = 'nemo-message-id'
/** The user property with the deliveries so far, on a message that its consumer has put back into the queue. */
export const DELIVERIES = 'nemo-deliveries'

/** The user property that marks a message which its consumer has put back to see who gets it. */
export const RETURNED = 'nemo-returned'

/** Why a message of a queue was received without its payload. */
export class SerializeDefect extends SerializeError {
  constructor(size: number) {
    super(`the message of ${size} bytes is larger than limits.frame`)
  }
}

/** How a delivery is settled. Each answers whether the broker can still be told. */
export interface Settling {
  ack(): Promise<boolean>
  nack(delayMs: number): boolean
  undelivered(): boolean
}

interface Delivered {
  readonly packet: PublishPacket
  readonly deliveries: number
  /** The broker has sent it before, to a process that may have delivered it. */
  readonly mayBeKnown: boolean
  readonly defect?: Error
}

/** What a consumer gets of a message. The first settlement counts. */
export function makeDelivery(
  queue: string,
  { packet, deliveries, mayBeKnown, defect }: Delivered,
  settling: Settling,
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
    redelivered: deliveries > 1 || mayBeKnown,
    ...(contentType !== undefined && { contentType }),
    ...identify(headers),
    ...(defect !== undefined && { defect }),
    ack: () => settle(settling.ack),
    nack: (delayMs) => settle(() => settling.nack(delayMs)),
    undelivered: () => settle(settling.undelivered),
  }
}

/**
 * How often a message has been delivered to a handler, as far as is known. That the broker sends it again (DUP) is no
 * evidence: it may have waited here for a consumer.
 */
export function deliveriesSoFar({ id, dup, properties }: PublishPacket, counts: Map<number, number>): number {
  const carried = Number(properties.headers?.[DELIVERIES] ?? 0)
  const before = Number.isSafeInteger(carried) && carried > 0 ? carried : 0
  if (dup) return Math.max(before, counts.get(id) ?? 0)
  counts.delete(id)
  return before
}

function connectionGone(queue: string): AckError {
  return new AckError(queue, 'the connection it came by has ended; the broker delivers the message again')
}

/** Separates what we add from the headers of the sender. */
function identify(headers: Headers | undefined): { id?: string; headers?: Headers } {
  if (headers === undefined) return {}
  const { [MESSAGE_ID]: id, [DELIVERIES]: _, [RETURNED]: __, ...rest } = headers
  return { ...(id !== undefined && { id }), ...(Object.keys(rest).length > 0 && { headers: rest }) }
}
