import type { Headers } from '../value.js'

/** One attempt of an operation. Each attempt has its own object; the signal of an earlier attempt stays aborted. */
export interface Attempt {
  /** When this attempt times out, in milliseconds of `clock.monotonic()`. */
  readonly deadline: number
  /** Aborts when the attempt times out or is cancelled. Created on first use: do not read it without need. */
  readonly signal: AbortSignal
  /** Headers or metadata given by the caller, for protocols whose requests have them. */
  readonly headers?: Headers | undefined
  /**
   * Names the operation for brokers that de-duplicate: the same in all attempts and all lives of the actor, and used
   * for no other operation. Absent for operations that the actor starts itself.
   */
  readonly operationId?: string | undefined
  /**
   * Names the message for brokers that de-duplicate, if its source gave it a name that outlives the process. Used
   * instead of `operationId`: the same in the operations of all processes that send this message.
   */
  readonly messageId?: string | undefined
  /**
   * Reports the size of an answer on the wire, before the promise of the operation settles. It counts in the memory of
   * the actor until the host has taken it; without a report its size is estimated. Never throws.
   * @param bytes the size; several reports add up
   */
  answered?(bytes: number): void
}
