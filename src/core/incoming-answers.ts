import type { ByteBudget } from './byte-budget.js'
import type { Clock } from './clock.js'
import { RoomWait } from './room-wait.js'

/** Decoding a smaller answer takes less than a millisecond. */
const LARGE_BYTES = 256 * 1024

/** A source of bytes that can be held back, such as a stream. */
export interface Pausable {
  /** Stops reading. Idempotent; never throws. @returns anything, which is ignored */
  pause(): unknown
  /** Reads on. Idempotent; never throws. @returns anything, which is ignored */
  resume(): unknown
}

/** The memory of one answer that is being received. */
export interface IncomingAnswer {
  /** Bytes that are counted. */
  readonly bytes: number
  /**
   * Sets the bytes that the answer holds. Pauses its source if they do not fit. Has no effect after `end`. Never throws.
   * @param bytes all that it holds now
   */
  set(bytes: number): void
  /** Reads the rest from another source. Never throws. @param source where the rest is read from */
  readFrom(source: Pausable): void
  /** Reports that nothing is left to read, so that the next answer is read first. Never throws. */
  received(): void
  /** Releases the bytes: the answer has been handed on or dropped. Idempotent; never throws. */
  end(): void
}

/** Where answers wait for the host after they have been received. */
export interface HostMailbox {
  /** Reports with `taken` what the host has taken by now. Then asks the host to announce what it takes next. */
  collect(): void
}

/**
 * Counts the answers of an actor in its budget, from their first byte until the host has taken them. While the budget is
 * full, sources are not read. The answer that began first is read even then if none waits for the host, so that answers
 * which fill the budget together still arrive, one after the other.
 */
export class IncomingAnswers {
  readonly #budget: ByteBudget
  readonly #clock: Clock
  readonly #host: HostMailbox | undefined
  /** In the order in which they began. */
  readonly #open = new Set<Answer>()
  readonly #connections = new Set<HeldConnection>()
  /** Bytes of the answers that wait for the host. */
  #waiting = 0
  readonly #roomWait = new RoomWait(() => this.#proceedSoon())
  #isDue = false
  /** The turns of large answers. */
  #turns = Promise.resolve()

  /**
   * Makes the count of an actor.
   * @param budget the budget of the actor
   * @param clock gives turns of the event loop
   * @param host where received answers wait; absent if nothing is known of it
   */
  constructor(budget: ByteBudget, clock: Clock, host?: HostMailbox) {
    this.#budget = budget
    this.#clock = clock
    this.#host = host
  }

  /**
   * Begins to count an answer. Never throws.
   * @param source where it is read from
   * @returns its count, which the caller ends
   */
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
   * Pauses a connection that carries the answers to many calls while there is no room for another answer. Never
   * throws.
   * @param source the connection
   * @returns ends this when the connection is closed; does not resume it
   */
  attach(source: Pausable): () => void {
    const connection: HeldConnection = { source, isHeld: false }
    this.#connections.add(connection)
    if (this.#mustWait) this.#holdAll()
    return () => void this.#connections.delete(connection)
  }

  /**
   * Waits until there is room for another answer. Never rejects.
   * @returns a promise for when there is; `undefined` if there is room now
   */
  room(): Promise<void> | undefined {
    if (!this.#mustWait) return undefined
    return new Promise((resolve) => {
      const resume = () => {
        detach()
        resolve()
      }
      const detach = this.attach({ pause() {}, resume })
    })
  }

  /**
   * Gives each large answer a turn of the event loop for its decoding: answers that arrive together would block it.
   * Never rejects.
   * @param bytes the size of the answer
   * @returns `undefined` if an answer of that many bytes need not wait
   */
  turnOf(bytes: number): Promise<void> | undefined {
    if (bytes < LARGE_BYTES) return undefined
    this.#turns = this.#turns.then(() => new Promise<void>((resolve) => void this.#clock.nextTurn(resolve)))
    return this.#turns
  }

  /** Counts an answer that waits for the host. Called by the actor. Never throws. @internal */
  waits(bytes: number): void {
    this.#waiting += bytes
    this.#budget.take(bytes)
    if (this.#connections.size > 0 && this.#budget.isFull && this.#mustWait) this.#holdAll()
  }

  /** Releases answers that the host has taken. Called by the actor. Never throws. @internal */
  taken(bytes: number): void {
    this.#waiting -= bytes
    this.#budget.give(bytes)
    if (this.#waiting === 0 || !this.#budget.isFull) this.#proceedSoon()
  }

  /** Whether no answer may be read until the host has taken others. */
  get #mustWait(): boolean {
    if (!this.#budget.isFull || this.#waiting === 0) return false
    this.#host?.collect()
    return this.#budget.isFull && this.#waiting > 0
  }

  #count(more: number, answer: Answer): void {
    if (more <= 0) return this.#budget.give(-more)
    this.#budget.take(more)
    if (this.#mayRead(answer)) return
    answer.hold()
    this.#roomWait.start(this.#budget)
  }

  #mayRead(answer: Answer): boolean {
    return !this.#budget.isFull || (this.#open.values().next().value === answer && !this.#mustWait)
  }

  #holdAll(): void {
    for (const connection of this.#connections) {
      connection.isHeld = true
      // Again if it is held: a connection that may not stay paused for long has read on.
      connection.source.pause()
    }
    this.#roomWait.start(this.#budget)
  }

  /** Proceeds on a later turn, because a source may not be resumed while another one is being read. */
  #proceedSoon(): void {
    if (this.#isDue || (this.#open.size === 0 && this.#connections.size === 0)) return
    this.#isDue = true
    this.#clock.nextTurn(() => {
      this.#isDue = false
      for (const answer of this.#open) if (this.#mayRead(answer)) answer.proceed()
      for (const connection of this.#connections) {
        if (!connection.isHeld || this.#mustWait) continue
        connection.isHeld = false
        connection.source.resume()
      }
    })
  }
}

interface HeldConnection {
  readonly source: Pausable
  isHeld: boolean
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
