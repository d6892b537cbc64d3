import type { ByteBudget } from '../../../core/byte-budget.js'

/** Memory of a request beside its bytes: promises, closures, entries in the actor's tables. */
const REQUEST_BYTES = 1024
/** Memory of a decoded object or array, however few bytes encode it. */
const CONTAINER_BYTES = 64
/** Memory of a decoded member or element. */
const ELEMENT_BYTES = 32

const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b

/**
 * Counts the bytes that one caller or request holds in the actor. It may hold half of what all others leave free
 * (the dynamic threshold of shared-memory switches), so that greedy callers leave room for new ones.
 */
export class MemoryShare {
  readonly #budget: ByteBudget
  #bytes = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Tells whether the total may grow to `bytes`. */
  fits(bytes: number): boolean {
    return bytes <= (this.#budget.limit - this.#others) / 2
  }

  /** Like `fits`, for a single request, which may take the whole budget if nothing else is held. */
  fitsOne(bytes: number): boolean {
    return this.fits(bytes) || (this.#others <= 0 && bytes <= this.#budget.limit)
  }

  get #others(): number {
    return this.#budget.held - this.#bytes
  }

  /** Sets the total to `bytes`. */
  set(bytes: number): void {
    const more = bytes - this.#bytes
    this.#bytes = bytes
    if (more > 0) this.#budget.take(more)
    else if (more < 0) this.#budget.give(-more)
  }

  add(bytes: number): void {
    this.set(this.#bytes + bytes)
  }
}

/**
 * Estimates the memory of a message until it is answered: its bytes, its decoded value and the bookkeeping. A value
 * made of brackets takes many times the size of its text.
 */
export function weightOf(message: Uint8Array): number {
  let elements = 0
  let containers = 0
  for (let i = 0; i < message.length; i++) {
    const byte = message[i]
    if (byte === COMMA) elements++
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) containers++
  }
  return REQUEST_BYTES + 2 * message.length + ELEMENT_BYTES * elements + CONTAINER_BYTES * containers
}
