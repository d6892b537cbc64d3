/** After this many time-outs in a row the connection is probed: it may be dead without having been closed. */
const SUSPICIOUS = 3

/** Detects a connection on which attempts time out one after the other and none succeeds. */
export class TimeoutStreak {
  readonly #onSuspicion: () => void
  #length = 0

  /** @param onSuspicion called after every `SUSPICIOUS` time-outs in a row */
  constructor(onSuspicion: () => void) {
    this.#onSuspicion = onSuspicion
  }

  /** Counts an attempt that had its full time and got no answer. */
  timedOut(): void {
    this.#length++
    if (this.#length % SUSPICIOUS === 0) this.#onSuspicion()
  }

  /** Starts from zero after a success or a new connection. */
  reset(): void {
    this.#length = 0
  }
}
