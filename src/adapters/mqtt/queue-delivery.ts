import type { InboundDelivery } from '../../core/adapter.js'
import { AckError, SerializeError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { messageParts } from './message.js'

/** The user property that carries the id which `enqueue` gave the message. */
export const MESSAGE_ID = 'nemo-message-id'
/** The user property with the deliveries so far, on a message that its consumer has put back into the queue. */
export const DELIVERIES = 'nemo-deliveries'

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
  readonly defect?: Error
}

/** What a consumer gets of a message. The first settlement counts. */
export function makeDelivery(
  queue: string,
  { packet, deliveries, defect }: Delivered,
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
    redelivered: deliveries > 1,
    ...(contentType !== undefined && { contentType }),
    ...identify(headers),
    ...(defect !== undefined && { defect }),
    ack: () => settle(settling.ack),
    nack: (delayMs) => settle(() => settling.nack(delayMs)),
    undelivered: () => settle(settling.undelivered),
  }
}

/**
 * How often a message has been delivered to a handler.
 * @param isComplete what `counts` does not know was never delivered; else the broker's flag is all there is
 */
export function deliveriesSoFar(
  { id, dup, properties }: PublishPacket,
  counts: Map<number, number>,
  isComplete: boolean,
): number {
  const carried = Number(properties.headers?.[DELIVERIES] ?? 0)
  const before = Number.isSafeInteger(carried) && carried > 0 ? carried : 0
  if (!dup) {
    counts.delete(id)
    return before
  }
  return Math.max(before, counts.get(id) ?? (isComplete ? 0 : 1))
}

function connectionGone(queue: string): AckError {
  return new AckError(queue, 'the connection it came by has ended; the broker delivers the message again')
}

/** Separates what we add from the headers of the sender. */
function identify(headers: Headers | undefined): { id?: string; headers?: Headers } {
  if (headers === undefined) return {}
  const { [MESSAGE_ID]: id, [DELIVERIES]: _, ...rest } = headers
  return { ...(id !== undefined && { id }), ...(Object.keys(rest).length > 0 && { headers: rest }) }
}
