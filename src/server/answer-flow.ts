import { ByteBudget } from '../core/byte-budget.js'
import { Deque } from '../core/deque.js'
import { nextExpected } from '../core/expected-size.js'
import { MemoryShare } from '../core/memory-share.js'
import { SizeEstimate } from '../mailbox/size-estimate.js'

interface Queued {
  readonly bytes: number
  readonly resolve: () => void
}

/**
 * Bounds the memory of the answers of a server: of those that its handlers are expected to make, and of those on their
 * way to the actor, which holds an answer until its protocol has taken it. Each method may use half of what the others
 * leave free, so that large answers of one do not stop another, and neither do streams that their callers do not read.
 */
export class AnswerFlow {
  readonly #expected: ByteBudget
  readonly #crossing: ByteBudget
  readonly #stalled = new Set<MethodFlow>()

  /** @param limit bytes that all answers may use */
  constructor(limit: number) {
    this.#expected = new ByteBudget(limit)
    this.#crossing = new ByteBudget(limit)
  }

  /** Makes the flow of one method. */
  method(): MethodFlow {
    return new MethodFlow(this.#expected, this.#crossing, this.#stalled)
  }
}

/** The answers of one method. Handlers start when there is room for another answer of the expected size. */
export class MethodFlow {
  readonly #share: MemoryShare
  /** Bytes of the answers that the actor has not settled. */
  readonly #crossing: MemoryShare
  readonly #queue = new Deque<Queued>()
  readonly #stalled: Set<MethodFlow>
  readonly #size = new SizeEstimate()
  readonly #waiting = new Deque<() => void>()
  /** Bytes of the next answer, judged by earlier ones. */
  #expected = 0
  /** Handlers that run, and answers that the actor has not settled. */
  #open = 0

  /** @param stalled the flows of this server that wait for room */
  constructor(expected: ByteBudget, crossing: ByteBudget, stalled: Set<MethodFlow>) {
    this.#share = new MemoryShare(expected)
    this.#crossing = new MemoryShare(crossing)
    this.#stalled = stalled
  }

  /** Whether a handler may start now. One always may, so that large answers of other methods cannot stop this one. */
  get hasRoom(): boolean {
    return this.#waiting.size === 0 && this.#fits
  }

  /** Calls `start` once there is room. */
  whenRoom(start: () => void): void {
    this.#waiting.push(start)
    this.#stalled.add(this)
  }

  /** Counts a handler that starts. @returns the bytes that are reserved for its answer */
  begin(): number {
    this.#open++
    this.#share.add(this.#expected)
    return this.#expected
  }

  /** Counts the answer instead of what was reserved for it. @returns its size in bytes */
  answered(reserved: number, value: unknown): number {
    const bytes = this.measure(value)
    this.#expected = nextExpected(this.#expected, bytes)
    this.#share.add(bytes - reserved)
    return bytes
  }

  /** Releases an answer that the actor has settled, and starts handlers that wait for room. */
  end(bytes: number): void {
    this.#open--
    this.#share.add(-bytes)
    for (const flow of this.#stalled) flow.#proceed()
  }

  /** Lets an answer cross to the actor. @returns `undefined` if it may cross now, or a promise for when it may */
  cross(bytes: number): Promise<void> | undefined {
    if (this.#queue.size === 0 && this.#crossing.mayAdd(bytes)) {
      this.#crossing.add(bytes)
      return undefined
    }
    this.#stalled.add(this)
    return new Promise((resolve) => this.#queue.push({ bytes, resolve }))
  }

  /** Reports that the actor has settled an answer of that many bytes. */
  crossed(bytes: number): void {
    this.#crossing.add(-bytes)
    for (const flow of this.#stalled) flow.#proceed()
  }

  get #fits(): boolean {
    return this.#open === 0 || this.#share.fits(this.#share.bytes + this.#expected)
  }

  /** The size of a value. One whose size cannot be read is refused later, when it is written to a batch. */
  measure(value: unknown): number {
    try {
      return this.#size.of(value)
    } catch {
      return 0
    }
  }

  #proceed(): void {
    while (this.#waiting.size > 0 && this.#fits) this.#waiting.shift()!()
    for (
      let next = this.#queue.peek();
      next !== undefined && this.#crossing.mayAdd(next.bytes);
      next = this.#queue.peek()
    ) {
      this.#queue.shift()
      this.#crossing.add(next.bytes)
      next.resolve()
    }
    if (this.#waiting.size === 0 && this.#queue.size === 0) this.#stalled.delete(this)
  }
}
