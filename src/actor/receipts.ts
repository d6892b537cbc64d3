import { Deque } from '../core/deque.js'
import type { CreditTaker } from '../mailbox/credit.js'

interface Receipt {
  /** The count of messages that the source had sent, including this one; wraps at 2^32. */
  readonly sent: number
  readonly taken: () => void
}

/**
 * Calls `taken` of the messages of one source when the host has received them, so that the broker is acknowledged no
 * earlier. If the actor dies before, the broker still has these messages.
 */
export class Receipts {
  readonly #credit: CreditTaker
  readonly #onTheWay = new Deque<Receipt>()
  #sent = 0
  #idle: (() => void)[] = []

  constructor(credit: CreditTaker) {
    this.#credit = credit
  }

  /** Records that a message has been sent to the host. @param taken its callback, if it has one */
  sent(taken: (() => void) | undefined): void {
    this.#sent = (this.#sent + 1) | 0
    if (taken === undefined) return
    this.#onTheWay.push({ sent: this.#sent, taken })
    if (this.#onTheWay.size === 1) this.#credit.watch()
  }

  /** Calls `taken` of each message that the host has received. */
  collect(): void {
    if (this.#onTheWay.size === 0) return
    this.#collect()
    if (this.#onTheWay.size === 0) return
    this.#credit.watch()
    // A message that arrived before `watch` causes no wake-up, so check once more.
    this.#collect()
  }

  /** Resolves when the host has received all messages that were sent, or they were forgotten. */
  async drained(): Promise<void> {
    this.collect()
    if (this.#onTheWay.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Forgets all messages in flight, because the source is closed. @returns their `taken` callbacks, not yet called */
  clear(): (() => void)[] {
    const left = [...this.#onTheWay].map(({ taken }) => taken)
    this.#onTheWay.clear()
    this.#becomeIdle()
    return left
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #collect(): void {
    const { received } = this.#credit
    for (let first = this.#onTheWay.peek(); first !== undefined; first = this.#onTheWay.peek()) {
      if (((received - first.sent) | 0) < 0) return
      this.#onTheWay.shift()
      first.taken()
    }
    this.#becomeIdle()
  }
}
