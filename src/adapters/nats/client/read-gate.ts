import type { Clock, Timer } from '../../../core/clock.js'

/**
 * Maximum duration of a hold, in milliseconds. A server closes the connection as a slow consumer after 10 s without
 * progress, and answers to PING wait while the socket is paused.
 */
const MAX_HOLD_MS = 2_000

/** A stream that can be paused. */
export interface Pausable {
  pause(): void
  resume(): void
}

/** A pause requested by a full sink. */
export interface Hold {
  /** Whether the hold has reached its maximum duration: the sink then misses further messages. */
  readonly spent: boolean
  /** Ends the hold, because the sink has room again. */
  release(): void
}

/**
 * Back-pressure of one connection: the socket is paused while a sink is full, so messages wait at the server. Each hold
 * is limited in time, because it holds back all subscriptions of the connection and its control messages.
 */
export class ReadGate {
  readonly #stream: Pausable
  readonly #clock: Clock
  readonly #holds = new Map<Hold, Timer>()

  constructor(stream: Pausable, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
  }

  /** Whether the socket is paused. */
  get paused(): boolean {
    return this.#holds.size > 0
  }

  /** Pauses reading until the hold is released or expires. */
  hold(): Hold {
    if (this.#holds.size === 0) this.#stream.pause()
    const hold = { spent: false, release: () => this.#end(hold) }
    const expire = () => {
      hold.spent = true
      this.#end(hold)
    }
    this.#holds.set(hold, this.#clock.setTimer(MAX_HOLD_MS, expire, { background: true }))
    return hold
  }

  /** Ends all holds without resuming. */
  close(): void {
    for (const timer of this.#holds.values()) timer.cancel()
    this.#holds.clear()
  }

  #end(hold: Hold): void {
    this.#holds.get(hold)?.cancel()
    if (this.#holds.delete(hold) && this.#holds.size === 0) this.#stream.resume()
  }
}
