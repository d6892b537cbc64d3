import { Deque } from '../core/deque.js'
import type { CreditTaker } from '../mailbox/credit.js'

interface Receipt {
  /** How many messages of the source had been sent when this one was; wraps at 2^32. */
  readonly sent: number
  readonly taken: () => void
}

/**
 * The messages of one source that are on their way to the host and whose broker waits to hear that they arrived. If the
 * actor dies before, the broker still has them.
 */
export class Receipts {
  readonly #credit: CreditTaker
  readonly #onTheWay = new Deque<Receipt>()
  #sent = 0

  constructor(credit: CreditTaker) {
    this.#credit = credit
  }

  /** A message has been sent to the host. @param taken its `taken`, where it has one */
  sent(taken: (() => void) | undefined): void {
    this.#sent = (this.#sent + 1) | 0
    if (taken === undefined) return
    this.#onTheWay.push({ sent: this.#sent, taken })
    if (this.#onTheWay.size === 1) this.#credit.watch()
  }

  /** Looks which of them have arrived. */
  collect(): void {
    if (this.#onTheWay.size === 0) return
    this.#collect()
    if (this.#onTheWay.size === 0) return
    this.#credit.watch()
    // What arrived before it was watched for wakes nobody.
    this.#collect()
  }

  /** The source is closed. @returns what the broker still waits to hear of */
  clear(): (() => void)[] {
    const left = [...this.#onTheWay].map(({ taken }) => taken)
    this.#onTheWay.clear()
    return left
  }

  #collect(): void {
    const { received } = this.#credit
    for (let first = this.#onTheWay.peek(); first !== undefined; first = this.#onTheWay.peek()) {
      if (((received - first.sent) | 0) < 0) return
      this.#onTheWay.shift()
      first.taken()
    }
  }
}
