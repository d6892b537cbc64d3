import type { Headers } from '../../core/value.js'
import type { MessageView } from './client/message-view.js'

/** The server's own headers. */
const SERVERS_OWN = /^nats-/i
const NO_BYTES = new Uint8Array(0)

/** A message that a JetStream consumer has sent us. */
export interface Arrival {
  /** The subject that it was published to. */
  readonly subject: string
  /** The subject of its acknowledgements. */
  readonly reply: string
  readonly stream: string
  /** Stream and consumer, as `STREAM.CONSUMER`. */
  readonly consumer: string
  /** Of the message in its stream. */
  readonly sequence: string
  /** How often the server has delivered it. */
  readonly delivered: number
  readonly payload: Uint8Array
  readonly headers: Headers | undefined
  /** Its size in bytes when it exceeds `limits.frame`; its payload and headers were not kept then. */
  readonly oversize: number | undefined
}

/** Takes a message out of the bytes that were read. @param reply its reply subject: one that `isAckSubject` */
export function arrivalOf(view: MessageView, reply: string, oversize: boolean): Arrival {
  const tokens = reply.split('.')
  const at = tokens.length >= 11 ? 4 : 2
  const [stream = '', consumer = '', delivered, sequence = ''] = tokens.slice(at, at + 4)
  return {
    subject: view.subject,
    reply,
    stream,
    consumer: `${stream}.${consumer}`,
    sequence,
    delivered: Math.max(1, Number(delivered) || 1),
    payload: oversize ? NO_BYTES : view.ownPayload,
    headers: oversize ? undefined : senders(view.headers.headers),
    oversize: oversize ? view.size : undefined,
  }
}

/** The id of a message in a stream. */
export const messageName = (stream: string, sequence: number | string): string => `${stream}:${sequence}`

/**
 * Whether a subject takes JetStream acknowledgements: `$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE…`, and, from servers
 * that name domains, `$JS.ACK.DOMAIN.ACCOUNT.STREAM.CONSUMER.DELIVERED.SEQUENCE…`.
 */
export function isAckSubject(reply: string): boolean {
  return reply.startsWith('$JS.ACK.')
}

function senders(headers: Headers | undefined): Headers | undefined {
  if (headers === undefined) return undefined
  const own = Object.entries(headers).filter(([name]) => !SERVERS_OWN.test(name))
  return own.length === 0 ? undefined : Object.fromEntries(own)
}
