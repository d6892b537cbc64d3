import type { Clock, Timer } from '../../core/clock.js'
import { SequenceTable } from '../../core/sequence-table.js'

/** How long an attempt runs at least before its signal is listened to, in milliseconds; at most twice that. */
const PERIOD_MS = 10

/** Something under way that can be cancelled. */
export interface Watched {
  /** Looks at its signal and listens to it from now on. Called once at most. */
  listen(): void
}

/**
 * Has the signals listened to of what is still under way after a while. Making an AbortSignal and listening to it
 * costs as much as a third of a whole call, and nearly every call is over before anybody could cancel it: who gave
 * up has its answer already, all that waits for this is the connection.
 */
export class SignalWatch {
  readonly clock: Clock
  readonly #watched = new SequenceTable<Watched>()
  #next = 0
  /** The first of those that came since the last look, and the first that has not been told to listen. */
  #young = 0
  #first = 0
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** @returns the number by which it is taken out when it is over */
  add(watched: Watched): number {
    this.#watched.set(this.#next, watched)
    this.#timer ??= this.#later()
    return this.#next++
  }

  /** It is over; also for one that is listening by now. */
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
