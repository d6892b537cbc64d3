import type { Attempt } from '../core/adapter.js'
import { ConnectionError } from '../core/errors.js'

/** Something that yields messages to the host, and that is asked for again at each new connection. */
export interface Source {
  readonly id: number
  /** Asks the adapter for it. */
  open(context: Attempt): Promise<void>
  /** The connection it was open on is gone. */
  disconnected(): void
  /** The host has given credit. */
  drain(): void
  /** Ends it for good; never throws. */
  close(): Promise<void>
}

/** Whether a source that ended with this error is to be asked for again: it ended for want of a connection. */
export function mayComeBack(error: Error): boolean {
  return error instanceof ConnectionError && error.retryable
}
