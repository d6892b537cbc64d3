import type { Random } from '../core/random.js'

/**
 * Generates random numbers and ids from a seed (mulberry32), so that a run can be repeated. For tests only, because
 * the numbers are predictable.
 */
export class SeededRandom implements Random {
  #state: number

  /** Starts the sequence of a seed. @param seed a whole number of 32 bits */
  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  readonly number = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  readonly bytes = (count: number): Buffer =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(this.number() * 256)))

  readonly uuid = (): string => {
    const bytes = this.bytes(16)
    // Version and variant (RFC 9562, section 5.4).
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
}
