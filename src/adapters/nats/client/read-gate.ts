import type { Clock, Timer } from '../../../core/clock.js'

/**
 * A receiver resumes or drops within about a second. A server that cannot get rid of what it has for us for 10 s ends
 * the connection ("slow consumer"), and answers to PING wait as long as the socket is not read.
 */
const PATIENCE_MS = 2_000

/** What can be stopped from reading. */
export interface Reading {
  pause(): void
  resume(): void
}

/** A receiver that is full. */
export interface Hold {
  /** It has been full for so long that it has to do without what comes. */
  readonly spent: boolean
  /** It has room again. */
  release(): void
}

/**
 * Back-pressure on one connection. While a receiver is full the socket is not read, and messages wait at the server.
 * The hold is bounded in time, because it holds back all subscriptions of the connection and its control messages.
 */
export class ReadGate {
  readonly #reading: Reading
  readonly #clock: Clock
  readonly #holds = new Map<Hold, Timer>()

  constructor(reading: Reading, clock: Clock) {
    this.#reading = reading
    this.#clock = clock
  }

  /** Whether the socket is not read at present. */
  get paused(): boolean {
    return this.#holds.size > 0
  }

  /** Reading stops until this receiver has room again, or its time is up. */
  hold(): Hold {
    if (this.#holds.size === 0) this.#reading.pause()
    const hold = { spent: false, release: () => this.#end(hold) }
    const spend = () => {
      hold.spent = true
      this.#end(hold)
    }
    this.#holds.set(hold, this.#clock.setTimer(PATIENCE_MS, spend, { background: true }))
    return hold
  }

  /** Nothing is held any more, and nothing is resumed. */
  close(): void {
    for (const timer of this.#holds.values()) timer.cancel()
    this.#holds.clear()
  }

  #end(hold: Hold): void {
    this.#holds.get(hold)?.cancel()
    if (this.#holds.delete(hold) && this.#holds.size === 0) this.#reading.resume()
  }
}
