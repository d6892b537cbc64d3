import { Deque } from '../core/deque.js'
import type { Attempted, Operation } from './operation.js'

interface Waiting {
  readonly operation: Operation
  readonly attempted: Attempted | undefined
}

/** The operations that wait for the outcome of the breaker's probes, in order. */
export class ProbeQueue {
  readonly #begin: (operation: Operation, attempted?: Attempted) => void
  readonly #waiting = new Deque<Waiting>()
  #isBeginning = false

  /** @param begin starts an operation */
  constructor(begin: (operation: Operation, attempted?: Attempted) => void) {
    this.#begin = begin
  }

  add(operation: Operation, attempted: Attempted | undefined): void {
    operation.state = { kind: 'queued' }
    this.#waiting.push({ operation, attempted })
  }

  /** Begins waiting operations as long as `mayBegin` returns true. */
  beginWhile(mayBegin: () => boolean): void {
    // An operation that ends synchronously calls this again.
    if (this.#isBeginning) return
    this.#isBeginning = true
    while (this.#waiting.size > 0 && mayBegin()) {
      const { operation, attempted } = this.#waiting.shift()!
      if (operation.state.kind === 'settled') attempted?.()
      else this.#begin(operation, attempted)
    }
    this.#isBeginning = false
  }

  /** Forgets the waiting operations. */
  stop(): void {
    this.#waiting.clear()
  }
}
