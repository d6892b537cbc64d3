import type { Clock } from '../../core/clock.js'
import { ConnectionClosed, ConnectionEnded, SocketFailed } from './client/errors.js'

/** A connection that the broker ends sooner than this may have been taken over, in milliseconds. */
const SHORT_MS = 5_000
/** So many short connections in a row are suspicious. */
const SUSPICIOUS = 3

/**
 * Recognizes two clients with one client id over MQTT 3.1.1, where the broker ends the connection of the first without
 * a reason when the second connects (MQTT 3.1.1, [MQTT-3.1.4-2]).
 */
export class TakenOver {
  readonly #clock: Clock
  #since = 0
  #short = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  connected(): void {
    this.#since = this.#clock.monotonic()
  }

  /** @returns the error of a lost connection, with a hint where it is one of several that did not last */
  explain(error: Error): Error {
    const isShort = this.#clock.monotonic() - this.#since < SHORT_MS
    this.#short = isShort ? this.#short + 1 : 0
    const isSilent = error instanceof ConnectionClosed || error instanceof SocketFailed
    // A broker that gives a reason knows better.
    if (!isSilent) this.#short = 0
    if (this.#short < SUSPICIOUS) return error
    return new ConnectionEnded(
      `${error.message}; ${this.#short} connections in a row did not last: does another client use the same client id?`,
      { cause: error },
    )
  }
}
