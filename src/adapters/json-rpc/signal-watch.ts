import type { Clock, Timer } from '../../core/clock.js'
import { SequenceTable } from '../../core/sequence-table.js'

/** An attempt's signal is watched after one to two of these periods, in milliseconds. */
const PERIOD_MS = 10

/** An operation in flight that can be cancelled. */
export interface Watched {
  /** Begins to listen to the signal. Called at most once. */
  listen(): void
}

/**
 * Watches the signals of operations that are still in flight after a while. Creating an AbortSignal and listening
 * to it costs up to a third of a call, and nearly every call is over before it could be cancelled.
 */
export class SignalWatch {
  readonly clock: Clock
  readonly #watched = new SequenceTable<Watched>()
  #next = 0
  /** Number of the first operation added since the last tick, and of the first that does not listen yet. */
  #young = 0
  #first = 0
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Adds an operation. @returns the number to pass to `delete` when the operation is over */
  add(watched: Watched): number {
    this.#watched.set(this.#next, watched)
    this.#timer ??= this.#later()
    return this.#next++
  }

  /** Removes an operation that is over. Has no effect if it already listens. */
  delete(number: number): void {
    this.#watched.take(number)
  }

  #later(): Timer {
    return this.clock.setTimer(PERIOD_MS, () => this.#look(), { background: true })
  }

  #look(): void {
    for (; this.#first < this.#young; this.#first++) this.#watched.take(this.#first)?.listen()
    this.#young = this.#next
    this.#timer = this.#watched.size > 0 ? this.#later() : undefined
  }
}
