import type { Clock } from '../core/clock.js'

/** After this many time-outs in a row the connection is probed: it may be dead without having been closed. */
const SUSPICIOUS = 3

/** Detects a connection on which attempts time out one after the other and none succeeds. */
export class TimeoutStreak {
  readonly #clock: Clock
  readonly #onSuspicion: () => void
  #length = 0
  /** Attempts that began earlier say nothing about the connection. In milliseconds of `clock.monotonic()`. */
  #since = Number.NEGATIVE_INFINITY

  /** @param onSuspicion called after `SUSPICIOUS` time-outs in a row */
  constructor(clock: Clock, onSuspicion: () => void) {
    this.#clock = clock
    this.#onSuspicion = onSuspicion
  }

  /** Counts an attempt that had its full time and got no answer. @param begunAt in milliseconds of `clock.monotonic()` */
  timedOut(begunAt: number): void {
    if (begunAt < this.#since) return
    this.#length++
    if (this.#length < SUSPICIOUS) return
    // The probe finds out what the attempts in flight would say.
    this.#restart()
    this.#onSuspicion()
  }

  /** Starts from zero after a success. */
  answered(): void {
    this.#length = 0
  }

  /** Starts from zero on a new connection. */
  connected(): void {
    this.#restart()
  }

  #restart(): void {
    this.#length = 0
    this.#since = this.#clock.monotonic()
  }
}
