import type { QueueMessage } from '../client/queue-message.js'
import { MailboxFullError } from '../core/errors/limits.js'
import type { NackOptions } from '../core/operation-options.js'
import type { Headers } from '../core/value.js'
import { LIMITS } from './protocol.js'
import { type WireError, wireError } from './wire-error.js'

/** A delivery as a client gets it. */
export interface DeliveryFields {
  readonly delivery: number
  readonly queue: string
  readonly value?: unknown
  readonly bytes?: Uint8Array
  readonly error?: WireError
  readonly headers?: Headers
  readonly messageId?: string
  readonly attempt: number
  readonly redelivered: boolean
}

interface Held {
  readonly message: QueueMessage
  /** Called once the message is settled. */
  readonly settled: () => void
}

/** The deliveries that a client has received and not settled. */
export class Deliveries {
  readonly #held = new Map<number, Held>()
  #last = 0

  /** @throws MailboxFullError if the client holds too many */
  hold(message: QueueMessage, settled: () => void = () => {}): DeliveryFields {
    if (this.#held.size >= LIMITS.deliveries)
      throw new MailboxFullError(`more than ${LIMITS.deliveries} deliveries are not settled`)
    const delivery = ++this.#last
    this.#held.set(delivery, { message, settled })
    const { queue, messageId, attempt, redelivered, headers } = message
    return {
      delivery,
      queue,
      ...payloadOf(message),
      ...(hasMembers(headers) && { headers }),
      ...(messageId !== undefined && { messageId }),
      attempt,
      redelivered,
    }
  }

  /** @returns false if it was settled before, or belongs to an actor that has died */
  ack(delivery: number): Promise<boolean> {
    return this.#settle(delivery, (message) => message.ack())
  }

  /** @returns false in the same cases as `ack` */
  nack(delivery: number, options: NackOptions): Promise<boolean> {
    return this.#settle(delivery, (message) => message.nack(options))
  }

  /** Gives everything back, because the client is gone. */
  abandon(): void {
    for (const delivery of [...this.#held.keys()])
      this.nack(delivery, { reason: 'the client has disconnected' }).catch(() => false)
  }

  async #settle(delivery: number, settle: (message: QueueMessage) => Promise<boolean>): Promise<boolean> {
    const held = this.#held.get(delivery)
    if (held === undefined) return false
    this.#held.delete(delivery)
    try {
      return await settle(held.message)
    } finally {
      held.settled()
    }
  }
}

/** The payload of a message: `bytes` if it is bytes as a whole, `error` if it cannot be decoded. */
export function payloadOf(message: {
  readonly value: unknown
}): Pick<DeliveryFields, 'value' | 'bytes' | 'error'> {
  try {
    const { value } = message
    return value instanceof Uint8Array ? { bytes: value } : { value }
  } catch (error) {
    return { error: wireError(error) }
  }
}

export function hasMembers(headers: Headers): boolean {
  for (const _ in headers) return true
  return false
}
