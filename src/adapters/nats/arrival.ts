import type { Headers } from '../../core/value.js'
import type { MessageView } from './client/message-view.js'

/** Matches the headers that the server adds. */
const SERVER_HEADER = /^nats-/i
const NO_BYTES = new Uint8Array(0)

/** A message that a JetStream consumer delivered. */
export interface Arrival {
  /** The subject that the message was published to. */
  readonly subject: string
  /** The subject for its acknowledgement. */
  readonly reply: string
  readonly stream: string
  /** `STREAM.CONSUMER`. */
  readonly consumer: string
  /** The sequence of the message in its stream. */
  readonly sequence: string
  /** How often the server has delivered the message. */
  readonly delivered: number
  readonly payload: Uint8Array
  readonly headers: Headers | undefined
  /** The size in bytes if it exceeds `limits.frame`. The payload and headers are then empty. */
  readonly oversize: number | undefined
}

/** Copies a message out of the receive buffer. @param reply its reply subject, for which `isAckSubject` holds */
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
    headers: oversize ? undefined : senderHeaders(view.headers.headers),
    oversize: oversize ? view.size : undefined,
  }
}

/** Returns the id of a message in a stream. */
export const messageName = (stream: string, sequence: number | string): string => `${stream}:${sequence}`

/**
 * Returns whether a subject takes JetStream acknowledgements: `$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE…`, or
 * `$JS.ACK.DOMAIN.ACCOUNT.STREAM.CONSUMER.DELIVERED.SEQUENCE…` from servers that include the domain.
 */
export function isAckSubject(reply: string): boolean {
  return reply.startsWith('$JS.ACK.')
}

function senderHeaders(headers: Headers | undefined): Headers | undefined {
  if (headers === undefined) return undefined
  const own = Object.entries(headers).filter(([name]) => !SERVER_HEADER.test(name))
  return own.length === 0 ? undefined : Object.fromEntries(own)
}
