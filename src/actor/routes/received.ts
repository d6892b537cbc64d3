import type { TemplateMessage } from '../../core/message-template.js'
import type { Headers, Value } from '../../core/value.js'

/** Settles a message at its source. The first call counts. Must not throw. */
export interface Settlements {
  /** Whether the source keeps the message until it is accepted, and over the end of this actor. */
  readonly isKept: boolean
  /** Everything that follows from the message has been accepted. @param result the answer of a sink that is called */
  accepted(result: unknown): void
  /** The message cannot be delivered. Of a queue or topic, it has been dead-lettered. */
  refused(error: Error): void
  /** Gives the message back, because the actor stops or the connection is lost. */
  returned(): void
}

/** A message that the source of a route received. */
export interface Received {
  readonly topic: string
  readonly payload: Uint8Array
  /** The parameters of a request, decoded. */
  readonly params?: Value | undefined
  readonly headers: Headers | undefined
  readonly contentType: string | undefined
  /** Present for a delivery of a queue. */
  readonly delivery?: {
    readonly id: string | undefined
    readonly attempt: number
    readonly redelivered: boolean
  }
  /** Identifies it over the ends of processes, if it has such an id. */
  readonly id?: string | undefined
  /** Absent for a message that its broker has forgotten. */
  readonly source: Settlements | undefined
}

const NO_HEADERS: Headers = {}

/** What templates and transforms see of a message: the envelope. */
export function envelopeOf(
  { topic, headers, delivery }: Received,
  payload: unknown,
  timestamp: number,
): TemplateMessage {
  return {
    topic,
    payload,
    headers: headers ?? NO_HEADERS,
    timestamp,
    ...(delivery !== undefined && {
      queue: topic,
      attempt: delivery.attempt,
      redelivered: delivery.redelivered,
      ...(delivery.id !== undefined && { id: delivery.id }),
    }),
  }
}
