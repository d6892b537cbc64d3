import type { ByteBudget } from '../../../core/byte-budget.js'

/** A request costs that much beside its bytes: promises, closures, its place in the tables of the actor. */
const REQUEST_BYTES = 1024
/** An object or array takes that much when it is decoded, however few bytes wrote it. */
const CONTAINER_BYTES = 64
/** A member or element takes that much. */
const ELEMENT_BYTES = 32

const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b

/**
 * The bytes that one caller, or one request, makes the actor hold. It may hold half of what all others leave (the
 * dynamic threshold of shared-memory switches): callers that take all they can get leave room for those that come.
 */
export class Holding {
  readonly #budget: ByteBudget
  #bytes = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether it may hold `bytes` in all. */
  fits(bytes: number): boolean {
    return bytes <= (this.#budget.limit - this.#others) / 2
  }

  /** The same for a single request, which may take all there is when nothing else is held. */
  fitsOne(bytes: number): boolean {
    return this.fits(bytes) || (this.#others <= 0 && bytes <= this.#budget.limit)
  }

  get #others(): number {
    return this.#budget.held - this.#bytes
  }

  /** It holds `bytes` from now on. */
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
 * Bytes that a message takes until it is answered: itself, its decoded value, and what goes with a request. A value
 * takes many times its text when that consists of brackets.
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
