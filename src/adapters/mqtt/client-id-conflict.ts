import type { Clock } from '../../core/clock.js'
import { ConnectionClosed, ConnectionEnded, SocketFailed } from './client/errors.js'

/** A connection that the broker ends sooner than this may be a client id conflict, in milliseconds. */
const SHORT_MS = 5_000
/** How many short connections in a row indicate a conflict. */
const SUSPICIOUS = 3

/**
 * Detects two clients with the same client id. When the second connects, an MQTT 3.1.1 broker closes the connection of
 * the first without a reason ([MQTT-3.1.4-2]).
 */
export class ClientIdConflict {
  readonly #clock: Clock
  #since = 0
  #short = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  connected(): void {
    this.#since = this.#clock.monotonic()
  }

  /** @returns the error of a lost connection, with a hint if several connections in a row were short */
  explain(error: Error): Error {
    const isShort = this.#clock.monotonic() - this.#since < SHORT_MS
    this.#short = isShort ? this.#short + 1 : 0
    const isSilent = error instanceof ConnectionClosed || error instanceof SocketFailed
    // If the broker gave a reason, it is not a conflict.
    if (!isSilent) this.#short = 0
    if (this.#short < SUSPICIOUS) return error
    return new ConnectionEnded(
      `${error.message}; ${this.#short} connections in a row lasted less than ${SHORT_MS} ms: check whether another client uses the same client id`,
      { cause: error },
    )
  }
}
