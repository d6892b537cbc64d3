import type { InboundDelivery } from '../../core/adapter.js'
import { AckError, type IntegrationError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import type { Connection } from './client/connection.js'
import { nanos } from './client/jetstream.js'
import type { MessageView } from './client/message-view.js'

const [ACK, NAK, TERM, WORKING] = ['+ACK', '-NAK', '+TERM', '+WPI'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
]
/** The server's own headers. */
const SERVERS_OWN = /^nats-/i

/** What deliveries are settled with. */
export interface Settling {
  readonly connection: Connection
  /** Tells the server, and waits until it confirms. @throws IntegrationError, NoResponders */
  confirm(subject: string, payload: Uint8Array): Promise<unknown>
  /** It is settled, or nobody can settle it any more. */
  settled(delivery: Delivery): void
}

/** A message in hand (JetStream, explicit acknowledgement). Every settlement is confirmed by the server. */
export class Delivery implements InboundDelivery {
  readonly topic: string
  readonly payload: Uint8Array
  readonly headers?: Headers
  readonly id: string
  readonly attempt: number
  readonly #reply: string
  readonly #settling: Settling
  #settled: Promise<void> | undefined

  /** @param reply the subject that the server wants to be told on */
  constructor(queue: string, view: MessageView, reply: string, settling: Settling) {
    const { stream, sequence, attempt } = origin(reply)
    const headers = senders(view.headers.headers)
    this.topic = queue
    this.payload = view.ownPayload
    if (headers !== undefined) this.headers = headers
    this.id = messageName(stream, sequence)
    this.attempt = attempt
    this.#reply = reply
    this.#settling = settling
  }

  get redelivered(): boolean {
    return this.attempt > 1
  }

  ack(): Promise<void> {
    return this.#settle(ACK)
  }

  nack(delayMs: number): Promise<void> {
    return this.#settle(delayMs > 0 ? Buffer.from(`-NAK {"delay": ${nanos(delayMs)}}`) : NAK)
  }

  /** It must not come again. @throws AckError */
  term(): Promise<void> {
    return this.#settle(TERM)
  }

  /** Tells the server that somebody is still at it. */
  working(): void {
    if (this.#settled === undefined)
      this.#settling.connection.writer.publish(this.#reply, undefined, undefined, WORKING)
  }

  /** Gives it back unasked, without waiting for a word on it: whoever settles it later is told so. */
  release(): void {
    if (this.#settled !== undefined) return
    this.#settled = Promise.reject(this.#lost('its consumer has ended', undefined))
    this.#settled.catch(() => {})
    this.#settling.connection.writer.publish(this.#reply, undefined, undefined, NAK)
    this.#settling.settled(this)
  }

  #settle(how: Uint8Array): Promise<void> {
    this.#settled ??= this.#tell(how)
    return this.#settled
  }

  async #tell(how: Uint8Array): Promise<void> {
    const { connection, confirm, settled } = this.#settling
    settled(this)
    if (connection.closed !== undefined)
      throw this.#lost('the connection it came by has ended', connection.closed)
    try {
      await confirm(this.#reply, how)
    } catch (error) {
      throw this.#lost((error as Error).message, error as IntegrationError)
    }
  }

  /** The server delivers it again, to whoever asks next. */
  #lost(reason: string, cause: unknown): AckError {
    return new AckError(this.topic, reason, { cause, retryable: false })
  }
}

/** The id of a message in a stream. */
export const messageName = (stream: string, sequence: number | string): string => `${stream}:${sequence}`

/**
 * Reads the subject of acknowledgements: `$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE…`, and, from servers that tell of
 * domains, `$JS.ACK.DOMAIN.ACCOUNT.STREAM.CONSUMER.DELIVERED.SEQUENCE…`.
 */
function origin(reply: string): { stream: string; sequence: string; attempt: number } {
  const tokens = reply.split('.')
  const at = tokens.length >= 11 ? 4 : 2
  return {
    stream: tokens[at] ?? '',
    sequence: tokens[at + 3] ?? '',
    attempt: Math.max(1, Number(tokens[at + 2]) || 1),
  }
}

/** Whether a subject is one that JetStream wants to be told on. */
export function isAckSubject(reply: string): boolean {
  return reply.startsWith('$JS.ACK.')
}

function senders(headers: Headers | undefined): Headers | undefined {
  if (headers === undefined) return undefined
  const own = Object.entries(headers).filter(([name]) => !SERVERS_OWN.test(name))
  return own.length === 0 ? undefined : Object.fromEntries(own)
}
