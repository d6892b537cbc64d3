import type { Attempt } from '../core/adapter/attempt.js'
import { ConnectionError } from '../core/errors/connection.js'

/** Delivers messages to the host: a subscription, a consumer or a service. Opened again on each new connection. */
export interface Source {
  readonly id: number
  /** Opens it at the broker. */
  open(attempt: Attempt): Promise<void>
  /** Called when its connection is lost. */
  disconnected(): void
  /** Called when the host has given credit or received messages. */
  drain(): void
  /** Ends it permanently. Never rejects. */
  close(): Promise<void>
  /** Stops delivering, and leaves the subscription or consumer with the broker if the protocol can. Never rejects. */
  detach(): Promise<void>
}

/** Whether a source that ended with this error is opened again, because its connection was lost. */
export function isReopened(error: Error): boolean {
  return error instanceof ConnectionError && error.retryable
}
