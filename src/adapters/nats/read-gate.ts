import type { Clock, Timer } from '../../core/clock.js'

/**
 * A server that cannot get rid of what it has for us for 10 s ends the connection ("slow consumer"): we read on well
 * before that.
 */
const PATIENCE_MS = 4_000

/** What can be stopped from reading. */
export interface Reading {
  pause(): void
  resume(): void
}

/**
 * Back-pressure on one connection. While a receiver is full the socket is not read, and what comes waits at the
 * server. Core NATS does not wait for long: then reading goes on, and receivers that are still full miss what comes.
 */
export class ReadGate {
  readonly #reading: Reading
  readonly #clock: Clock
  #holders = 0
  #timer: Timer | undefined
  #impatient = false

  constructor(reading: Reading, clock: Clock) {
    this.#reading = reading
    this.#clock = clock
  }

  /** Whether the socket is not read at present. */
  get paused(): boolean {
    return this.#holders > 0 && !this.#impatient
  }

  /** Whether a receiver that is full has to do without what comes. */
  get impatient(): boolean {
    return this.#impatient
  }

  hold(): void {
    if (this.#holders++ > 0) return
    this.#reading.pause()
    this.#timer = this.#clock.setTimer(
      PATIENCE_MS,
      () => {
        this.#impatient = true
        this.#reading.resume()
      },
      { background: true },
    )
  }

  /** Once for each `hold`. */
  release(): void {
    if (--this.#holders > 0) return
    this.#timer?.cancel()
    if (!this.#impatient) this.#reading.resume()
    this.#impatient = false
  }

  close(): void {
    this.#timer?.cancel()
  }
}
