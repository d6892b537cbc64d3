import type { Capacity } from '../core/overflow.js'

const MESSAGES = 0
const BYTES = 1
const STALLED = 2
const RECEIVED = 3
const WATCHED = 4
const CELLS = 5

/** Makes the shared memory in which both sides of one source count. */
export function newCredit(): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)
}

/**
 * The receiver's side of the credit of a source. Returns credit through shared memory, which costs no message unless
 * the sender has stalled.
 */
export class CreditGiver {
  readonly #cells: Int32Array
  constructor(shared: SharedArrayBuffer) {
    this.#cells = new Int32Array(shared)
  }

  /** Counts messages that have arrived. @returns whether the sender watches for that and must be woken */
  received(messages: number): boolean {
    Atomics.add(this.#cells, RECEIVED, messages)
    return Atomics.load(this.#cells, WATCHED) === 1 && Atomics.exchange(this.#cells, WATCHED, 0) === 1
  }

  /** Returns credit. @returns whether the sender has stalled and must be woken */
  give(messages: number, bytes: number): boolean {
    Atomics.add(this.#cells, MESSAGES, messages)
    Atomics.add(this.#cells, BYTES, bytes)
    return Atomics.load(this.#cells, STALLED) === 1 && Atomics.exchange(this.#cells, STALLED, 0) === 1
  }
}

/** The sender's side of the credit of a source. Counters wrap at 2^32, so only their differences are used. */
export class CreditTaker {
  readonly #cells: Int32Array
  readonly #window: Capacity
  #sentMessages = 0
  #sentBytes = 0

  constructor(shared: SharedArrayBuffer, window: Capacity) {
    this.#cells = new Int32Array(shared)
    this.#window = window
  }

  /**
   * How many messages may be sent now; 0 if the window of bytes is used up. An empty window always accepts one message.
   */
  available(): number {
    const outstanding = (this.#sentMessages - Atomics.load(this.#cells, MESSAGES)) | 0
    if (outstanding <= 0) return this.#window.messages
    const bytes = (this.#sentBytes - Atomics.load(this.#cells, BYTES)) | 0
    return bytes >= this.#window.bytes ? 0 : Math.max(0, this.#window.messages - outstanding)
  }

  /** How many messages have arrived on the other side; wraps at 2^32. */
  get received(): number {
    return Atomics.load(this.#cells, RECEIVED)
  }

  /** Asks the receiver to wake this side at the next arrival. */
  watch(): void {
    Atomics.store(this.#cells, WATCHED, 1)
  }

  take(messages: number, bytes: number): void {
    this.#sentMessages = (this.#sentMessages + messages) | 0
    this.#sentBytes = (this.#sentBytes + bytes) | 0
  }

  /** Asks the receiver to wake this side when it gives credit. @returns false if there is credit again already */
  stall(): boolean {
    Atomics.store(this.#cells, STALLED, 1)
    if (this.available() === 0) return true
    Atomics.store(this.#cells, STALLED, 0)
    return false
  }
}
