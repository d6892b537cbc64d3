import type { Clock } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'

/** A request that is started. */
interface StartedRequest {
  readonly seq: number
  /**
   * A suspect may have killed an earlier life. No other request is started in its turn, so that a crash identifies it.
   */
  readonly options: { readonly suspect?: boolean } | undefined
}

/**
 * Writes to shared memory which requests the actor is working on, so that the ledger can tell which one killed it. A
 * stuck thread is in exactly one request; an uncaught exception belongs to one of the current turn of the event loop.
 */
export class InHand {
  readonly #gauges: Gauges
  readonly #clock: Clock
  #turn: 'idle' | 'shared' | 'exclusive' = 'idle'
  #first = 0
  #last = 0
  #waiting: (() => void)[] = []

  constructor(gauges: Gauges, clock: Clock) {
    this.#gauges = gauges
    this.#clock = clock
  }

  /** Whether a request must wait for a later turn, because a suspect must be alone in its turn. */
  mustWait({ options }: StartedRequest): boolean {
    if (this.#turn === 'exclusive' || this.#waiting.length > 0) return true
    return this.#turn === 'shared' && options?.suspect === true
  }

  /** Calls `begin` on a later turn, in order of arrival. `begin` must call `mustWait` again. */
  later(begin: () => void): void {
    this.#waiting.push(begin)
  }

  /** Records that a request is being started. The caller must call `released` afterwards. */
  take({ seq, options }: StartedRequest): void {
    this.#gauges.setInHand(seq)
    if (this.#turn === 'idle') {
      this.#clock.nextTurn(() => this.#turnOver())
      this.#first = this.#last = seq
    } else {
      this.#first = Math.min(this.#first, seq)
      this.#last = Math.max(this.#last, seq)
    }
    this.#turn = options?.suspect === true ? 'exclusive' : 'shared'
    this.#gauges.setTurn(this.#first, this.#last)
  }

  released(): void {
    this.#gauges.setInHand(-1)
  }

  #turnOver(): void {
    this.#turn = 'idle'
    this.#gauges.clearTurn()
    const waiting = this.#waiting
    this.#waiting = []
    for (const [i, begin] of waiting.entries()) {
      begin()
      if (this.#waiting.length === 0) continue
      // This request must wait again, and so must all after it.
      this.#waiting.push(...waiting.slice(i + 1))
      return
    }
  }
}
