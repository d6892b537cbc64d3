import type { Clock, Timer } from '../../core/clock.js'

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
  #young = new Set<Watched>()
  #old = new Set<Watched>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  add(watched: Watched): void {
    this.#young.add(watched)
    this.#timer ??= this.#next()
  }

  /** It is over; also for one that is listening by now. */
  delete(watched: Watched): void {
    if (!this.#young.delete(watched)) this.#old.delete(watched)
  }

  #next(): Timer {
    return this.clock.setTimer(PERIOD_MS, () => this.#tick(), { background: true })
  }

  #tick(): void {
    const ripe = this.#old
    this.#old = this.#young
    this.#young = new Set()
    this.#timer = this.#old.size > 0 ? this.#next() : undefined
    for (const watched of ripe) watched.listen()
  }
}
