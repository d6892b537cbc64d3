import { Buffer } from 'node:buffer'

/**
 * Collects the body of an answer. The buffer is at most twice as large as the data, however small the pieces are: a
 * list of one-byte pieces would take a hundred times as much.
 */
export class Body {
  #bytes: Buffer | undefined
  /** Whether `#bytes` is our own buffer and not the first piece itself. */
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

  /** Returns the bytes received so far. */
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
