const LINE_FEED = 0x0a

/** Bytes in the order of arrival, taken from the front. Copies only what spans several chunks. */
export class ByteQueue {
  #chunks: Buffer[] = []
  #length = 0
  /** How many bytes at the front are known to contain no line feed. */
  #scanned = 0

  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** Finds the next line feed. @returns its position; -1 if there is none yet */
  lineEnd(): number {
    let before = 0
    for (const chunk of this.#chunks) {
      if (before + chunk.length > this.#scanned) {
        const at = chunk.indexOf(LINE_FEED, Math.max(0, this.#scanned - before))
        if (at >= 0) return before + at
      }
      before += chunk.length
    }
    this.#scanned = this.#length
    return -1
  }

  /** Takes bytes from the front. @param count at most `length` */
  take(count: number): Buffer {
    const first = this.#chunks[0]
    this.#length -= count
    this.#scanned = Math.max(0, this.#scanned - count)
    if (first !== undefined && first.length > count) {
      this.#chunks[0] = first.subarray(count)
      return first.subarray(0, count)
    }
    const parts: Buffer[] = []
    let missing = count
    while (missing > 0) {
      const chunk = this.#chunks[0]!
      parts.push(chunk.subarray(0, missing))
      if (chunk.length > missing) this.#chunks[0] = chunk.subarray(missing)
      else this.#chunks.shift()
      missing -= Math.min(missing, chunk.length)
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts, count)
  }
}
