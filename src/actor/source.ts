import type { Attempt } from '../core/adapter.js'
import { ConnectionError } from '../core/errors.js'

/** Something that yields messages to the host. It is opened again on each new connection. */
export interface Source {
  readonly id: number
  /** Opens it with the adapter. */
  open(attempt: Attempt): Promise<void>
  /** The connection it was open on is lost. */
  disconnected(): void
  /** The host has given credit, or has received something. */
  drain(): void
  /** Ends it for good. Never rejects. */
  close(): Promise<void>
  /** Stops delivering, and leaves with the broker what would survive a crash of this process. Never rejects. */
  detach(): Promise<void>
}

/** Whether a source that ended with this error is opened again: it ended because its connection was lost. */
export function mayComeBack(error: Error): boolean {
  return error instanceof ConnectionError && error.retryable
}
