import type { ByteBudget } from './byte-budget.js'
import type { Clock } from './clock.js'

/** Decoding a smaller answer takes less than a millisecond. */
const LARGE_BYTES = 256 * 1024

/** A source of bytes that can be held back, such as a stream. */
export interface Pausable {
  pause(): unknown
  resume(): unknown
}

/** The memory of one answer that is being received. */
export interface IncomingAnswer {
  /** Bytes that are counted. */
  readonly bytes: number
  /** Sets the bytes that the answer holds. Pauses its source if they do not fit. Has no effect after `end`. */
  set(bytes: number): void
  /** Reads the rest from another source. */
  readFrom(source: Pausable): void
  /** Reports that nothing is left to read, so that the next answer is read first. */
  received(): void
  /** Releases the bytes: the answer has been handed on or dropped. Idempotent. */
  end(): void
}

/**
 * Counts the answers that an adapter is receiving in the budget of the actor. While the budget is full, only the answer
 * that began first is read, so that answers which fill the budget together still arrive, one after the other.
 */
export class IncomingAnswers {
  readonly #budget: ByteBudget
  readonly #clock: Clock
  /** In the order in which they began. */
  readonly #open = new Set<Answer>()
  #awaitsRoom = false
  #isDue = false
  /** The turns of large answers. */
  #turns = Promise.resolve()

  constructor(budget: ByteBudget, clock: Clock) {
    this.#budget = budget
    this.#clock = clock
  }

  /** Begins to count an answer. @param source where it is read from */
  begin(source?: Pausable): IncomingAnswer {
    const answer = new Answer(source, {
      counted: (more) => this.#count(more, answer),
      received: () => {
        if (this.#open.delete(answer)) this.#proceedSoon()
      },
    })
    this.#open.add(answer)
    return answer
  }

  /**
   * Gives each large answer a turn of the event loop for its decoding: answers that arrive together would block it.
   * @returns `undefined` if an answer of that many bytes need not wait
   */
  turnOf(bytes: number): Promise<void> | undefined {
    if (bytes < LARGE_BYTES) return undefined
    this.#turns = this.#turns.then(() => new Promise<void>((resolve) => void this.#clock.nextTurn(resolve)))
    return this.#turns
  }

  #count(more: number, answer: Answer): void {
    if (more <= 0) return this.#budget.give(-more)
    this.#budget.take(more)
    if (this.#mayRead(answer)) return
    answer.hold()
    if (this.#awaitsRoom) return
    this.#awaitsRoom = true
    this.#budget.whenRoom(() => {
      this.#awaitsRoom = false
      this.#proceedSoon()
    })
  }

  #mayRead(answer: Answer): boolean {
    return !this.#budget.isFull || this.#open.values().next().value === answer
  }

  /** Proceeds on a later turn, because a source may not be resumed while another one is being read. */
  #proceedSoon(): void {
    if (this.#isDue || this.#open.size === 0) return
    this.#isDue = true
    this.#clock.nextTurn(() => {
      this.#isDue = false
      for (const answer of this.#open) if (this.#mayRead(answer)) answer.proceed()
    })
  }
}

interface AnswerPorts {
  counted(more: number): void
  received(): void
}

class Answer implements IncomingAnswer {
  bytes = 0
  #source: Pausable | undefined
  readonly #ports: AnswerPorts
  #isHeld = false
  #isOver = false

  constructor(source: Pausable | undefined, ports: AnswerPorts) {
    this.#source = source
    this.#ports = ports
  }

  set(bytes: number): void {
    if (this.#isOver) return
    const more = bytes - this.bytes
    this.bytes = bytes
    this.#ports.counted(more)
  }

  readFrom(source: Pausable): void {
    this.#source = source
    if (this.#isHeld) source.pause()
  }

  end(): void {
    if (this.#isOver) return
    this.set(0)
    this.#isOver = true
    this.#ports.received()
  }

  received(): void {
    this.#ports.received()
  }

  hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    this.#source?.pause()
  }

  proceed(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#source?.resume()
  }
}
