import type { Clock } from '../core/clock.js'

/** Shared memory with the requests that are being started. */
export interface TurnMarks {
  /** Sets the number of the request in hand; -1 for none. */
  setInHand(seq: number): void
  /** Sets the range of the requests that were started in this turn. */
  setTurn(first: number, last: number): void
  /** Clears that range. */
  clearTurn(): void
}

/** A request that is started. */
interface StartedRequest {
  readonly seq: number
  /**
   * A suspect may have killed an earlier life. No other request is started in its turn, so that a crash identifies it.
   */
  readonly options: { readonly suspect?: boolean } | undefined
}

/**
 * Writes to shared memory which requests of one origin the actor is working on, so that their owner can tell which one killed it. A
 * stuck thread is in exactly one request; an uncaught exception belongs to one of the current turn of the event loop.
 */
export class InHand {
  readonly #marks: TurnMarks
  readonly #clock: Clock
  #turn: 'idle' | 'shared' | 'exclusive' = 'idle'
  #first = 0
  #last = 0
  #waiting: (() => void)[] = []

  constructor(marks: TurnMarks, clock: Clock) {
    this.#marks = marks
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
    this.#marks.setInHand(seq)
    if (this.#turn === 'idle') {
      this.#clock.nextTurn(() => this.#turnOver())
      this.#first = this.#last = seq
    } else {
      this.#first = Math.min(this.#first, seq)
      this.#last = Math.max(this.#last, seq)
    }
    this.#turn = options?.suspect === true ? 'exclusive' : 'shared'
    this.#marks.setTurn(this.#first, this.#last)
  }

  released(): void {
    this.#marks.setInHand(-1)
  }

  #turnOver(): void {
    this.#turn = 'idle'
    this.#marks.clearTurn()
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
