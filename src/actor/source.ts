import type { Attempt } from '../core/adapter/attempt.js'
import type { SourceVerb } from '../resilience/reopen.js'

/** Delivers messages to the host: a subscription, a consumer or a service. Opened again on each new connection. */
export interface Source {
  readonly id: number
  readonly verb: SourceVerb
  /** The pattern, the queue or the method. */
  readonly target: string
  /** Opens it at the broker. */
  open(attempt: Attempt): Promise<void>
  /** Called when its connection is lost. */
  disconnected(): void
  /** Closes what is left of a source that has ended and is to be opened again. Never rejects. */
  release(): Promise<void>
  /** Called when the host has given credit or received messages. */
  drain(): void
  /** Ends it permanently. Never rejects. */
  close(): Promise<void>
  /** Stops delivering, and leaves the subscription or consumer with the broker if the protocol can. Never rejects. */
  detach(): Promise<void>
}
