import type { Clock } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'

/** What is said of a request that is begun with. */
interface Begun {
  readonly seq: number
  /** It may be what killed an earlier life: nothing else is begun with in its turn, so that we shall know. */
  readonly options: { readonly suspect?: boolean } | undefined
}

/**
 * Shows the supervisor which request the actor is working on, so that it knows the one that killed it: exactly,
 * when the thread is stuck in it, and to the turn of the event loop, when it threw where nobody catches.
 */
export class InHand {
  readonly #gauges: Gauges
  readonly #clock: Clock
  #turn: 'idle' | 'shared' | 'taken' = 'idle'
  #first = 0
  #last = 0
  #waiting: (() => void)[] = []

  constructor(gauges: Gauges, clock: Clock) {
    this.#gauges = gauges
    this.#clock = clock
  }

  /** Whether a request must wait for a later turn: a suspect has a turn to itself. */
  mustWait({ options }: Begun): boolean {
    if (this.#turn === 'taken' || this.#waiting.length > 0) return true
    return this.#turn === 'shared' && options?.suspect === true
  }

  /** Calls `begin` on a later turn, in the order of asking; it asks again whether it must wait. */
  later(begin: () => void): void {
    this.#waiting.push(begin)
  }

  /** The request is begun with; say `released` when that has been done. */
  take({ seq, options }: Begun): void {
    this.#gauges.setInHand(seq)
    if (this.#turn === 'idle') {
      this.#clock.nextTurn(() => this.#turnOver())
      this.#first = this.#last = seq
    } else {
      this.#first = Math.min(this.#first, seq)
      this.#last = Math.max(this.#last, seq)
    }
    this.#turn = options?.suspect === true ? 'taken' : 'shared'
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
      // It must go on waiting, and so must all that came after it.
      this.#waiting.push(...waiting.slice(i + 1))
      return
    }
  }
}
