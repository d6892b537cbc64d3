import type { Attempt } from '../core/adapter/attempt.js'
import type { SourceVerb } from '../resilience/reopen.js'

/**
 * Delivers messages to the host or into a route: a subscription, a consumer or a service. Opened again on each new
 * connection.
 */
export interface Source {
  readonly id: number
  readonly verb: SourceVerb
  /** The pattern, the queue or the method. */
  readonly target: string
  /** Whether it is opened again after every error, because nobody would receive the error: the source of a route. */
  readonly isKept?: boolean
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
  /**
   * Hands what has arrived over to the host beyond its credit, because a successor takes the place of the actor. Messages
   * that arrive meanwhile are handed over too.
   */
  flush(): void
  /**
   * Ends it at the broker after `flush`. Resolves when nothing more arrives, and the host has received all messages.
   * Never rejects.
   */
  finish(): Promise<void>
  /** Stops delivering, and leaves the subscription or consumer with the broker if the protocol can. Never rejects. */
  detach(): Promise<void>
}
