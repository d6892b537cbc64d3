/** So many attempts in a row without an answer say that the connection may be dead, although nobody has closed it. */
const SUSPICIOUS = 3

/** Notices a connection that swallows what is sent: attempts time out one after the other and none succeeds. */
export class TimeoutStreak {
  readonly #onSuspicion: () => void
  #length = 0

  /** @param onSuspicion called when it is time to probe the connection; again after as many further time-outs. */
  constructor(onSuspicion: () => void) {
    this.#onSuspicion = onSuspicion
  }

  /** An attempt had all its time and got no answer. */
  timedOut(): void {
    this.#length++
    if (this.#length % SUSPICIOUS === 0) this.#onSuspicion()
  }

  /** There was a sign of life, or a new connection. */
  broken(): void {
    this.#length = 0
  }
}
