/** An entry of the cache. */
interface Remembered<T> {
  readonly value: T
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly bytes: number
}

/**
 * Remembers what was found out about tokens until they expire. The keys are hashes, so that the cache has no token. It
 * is bounded in entries and in bytes; the entries that were used longest ago go first.
 */
export class VerifiedCache<T> {
  readonly #entries = new Map<string, Remembered<T>>()
  readonly #most: number
  readonly #mostBytes: number
  #bytes = 0

  constructor(most: number, mostBytes: number) {
    this.#most = most
    this.#mostBytes = mostBytes
  }

  get size(): number {
    return this.#entries.size
  }

  /** @param now epoch milliseconds */
  get(hash: string, now: number): T | undefined {
    const entry = this.#entries.get(hash)
    if (entry === undefined) return undefined
    if (entry.expiresAt <= now) {
      this.delete(hash)
      return undefined
    }
    // A Map keeps the order of insertion: the entry goes behind the others.
    this.#entries.delete(hash)
    this.#entries.set(hash, entry)
    return entry.value
  }

  /** @param bytes the memory that the value takes */
  set(hash: string, value: T, expiresAt: number, bytes: number): void {
    this.delete(hash)
    if (this.#most === 0 || bytes > this.#mostBytes) return
    this.#entries.set(hash, { value, expiresAt, bytes })
    this.#bytes += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most && this.#bytes <= this.#mostBytes) return
      this.delete(oldest)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  delete(hash: string): void {
    const entry = this.#entries.get(hash)
    if (entry === undefined) return
    this.#entries.delete(hash)
    this.#bytes -= entry.bytes
  }
}
