import { Buffer } from 'node:buffer'

const MEGABYTE = 1024 * 1024

/**
 * Collects the body of an answer or a request. The buffer is at most twice as large as the data, however small the
 * pieces are: a list of one-byte pieces would take a hundred times as much.
 */
export class Body {
  readonly #most: number
  #bytes: Buffer | undefined
  /** Whether `#bytes` is our own buffer and not the first piece itself. */
  #own = false
  #size = 0

  /** @param most bytes that the body has at most, if its sender has announced its size */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  get size(): number {
    return this.#size
  }

  /** The bytes of memory that hold the body. */
  get held(): number {
    return this.#bytes?.length ?? 0
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
    const larger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(size + stepOf(size), this.#most)))
    this.#bytes!.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
    this.#own = true
  }
}

/** Large bodies grow in small steps, because many that grow together must not exceed the memory at once. */
function stepOf(size: number): number {
  return Math.min(size, Math.max(MEGABYTE, size >> 2))
}
