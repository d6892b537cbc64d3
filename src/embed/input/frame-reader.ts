import { type Input, Reader } from './reader.js'

export const LENGTH_BYTES = 4

/** Reads messages that follow their length, a big-endian number of four bytes. */
export class FrameReader extends Reader {
  /** The length of the message whose bytes come next. */
  #length: number | undefined
  /** Bytes of a message that is too large, which are skipped. */
  #skip = 0

  next(): Input | undefined {
    if (this.#skip > 0) {
      const count = Math.min(this.#skip, this.bytes.length)
      this.bytes.take(count)
      this.#skip -= count
    }
    if (this.#length === undefined) {
      if (this.bytes.length < LENGTH_BYTES) return undefined
      const length = this.bytes.take(LENGTH_BYTES).readUInt32BE()
      if (length > this.maxBytes) {
        this.#skip = length
        return { kind: 'oversized' }
      }
      this.#length = length
    }
    if (this.bytes.length < this.#length) return undefined
    const bytes = this.bytes.take(this.#length)
    this.#length = undefined
    return { kind: 'message', bytes }
  }
}
