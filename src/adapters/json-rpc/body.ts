import { Buffer } from 'node:buffer'

/**
 * The body of an answer as it comes in. Takes at most twice the memory of what has come, in however small pieces:
 * a list of one-byte pieces would take a hundred times as much.
 */
export class Body {
  #bytes: Buffer | undefined
  /** Whether `#bytes` is our own memory and not the first piece itself. */
  #own = false
  #size = 0

  get size(): number {
    return this.#size
  }

  add(piece: Buffer): void {
    const size = this.#size + piece.length
    if (this.#bytes === undefined) this.#bytes = piece
    else {
      if (!this.#own || size > this.#bytes.length) this.#grow(size)
      piece.copy(this.#bytes, this.#size)
    }
    this.#size = size
  }

  /** What has come so far. */
  bytes(): Buffer {
    return this.#bytes === undefined ? Buffer.alloc(0) : this.#bytes.subarray(0, this.#size)
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(size * 2)
    this.#bytes!.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
    this.#own = true
  }
}
