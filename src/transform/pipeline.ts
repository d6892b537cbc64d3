import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock } from '../core/clock.js'
import type { Value } from '../core/value.js'
import type { Outcome } from './origin.js'

/** What comes out of a pipeline. The taker settles it once. */
export interface Output<Message> {
  readonly value: Value
  /** The messages that it was made from, oldest first; several after a window. */
  readonly messages: readonly Message[]
  /**
   * Ends the responsibility of the taker. A message is settled when all outputs that were made from it are.
   * @param outcome `taken` once everything that follows from the output has been accepted
   */
  settle(outcome: Outcome): void
}

/** What a pipeline needs from its surroundings. */
export interface PipelineDependencies<Message> {
  readonly clock: Clock
  /** Counts the values that the pipeline holds. */
  readonly budget: ByteBudget
  /**
   * Receives each output, in order. All outputs that are made of one message in one step are emitted in one turn, after
   * every transform has succeeded for all of them.
   */
  readonly emit: (output: Output<Message>) => void
  /**
   * Receives each message that was put in, once, when it is settled. `filtered` messages are counted by the caller.
   */
  readonly settled: (message: Message, outcome: Outcome) => void
  /** Called when `push` has returned false and there is room again. */
  readonly onRoom: () => void
}

/** Transforms messages in order. */
export interface Pipeline<Message> {
  /**
   * Puts a message in. Never throws: a failure settles the message, and the next one is not affected.
   * @param message handed back when it is settled
   * @param value what the first transform sees
   * @returns false if the source should be held back until `onRoom`; the message is accepted all the same
   */
  push(message: Message, value: Value): boolean
  /** Sets the newest value of a `data` block, for `join`. */
  update(data: string, value: Value): void
  /** Emits what windows and timers hold, because the source has ended. */
  flush(): void
  /** Settles all messages that it holds as `returned`. Idempotent. */
  close(): void
}
