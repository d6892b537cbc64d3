/** Which messages are done. They may become done in any order; the cursor is the number up to which all are. */
export class Acceptance {
  #cursor: number
  readonly #ahead = new Set<number>()

  /** @param cursor all up to this number are done */
  constructor(cursor: number) {
    this.#cursor = cursor
  }

  get cursor(): number {
    return this.#cursor
  }

  /** How many messages after the cursor are done. */
  get ahead(): number {
    return this.#ahead.size
  }

  isDone(sequence: number): boolean {
    return sequence <= this.#cursor || this.#ahead.has(sequence)
  }

  /** Marks one message as done. @returns whether it was not done before */
  done(sequence: number): boolean {
    if (this.isDone(sequence)) return false
    if (sequence !== this.#cursor + 1) {
      this.#ahead.add(sequence)
      return true
    }
    this.#cursor = sequence
    this.#advance()
    return true
  }

  /** Marks all messages up to a number as done. */
  skipTo(sequence: number): void {
    if (sequence <= this.#cursor) return
    this.#cursor = sequence
    for (const each of this.#ahead) if (each <= sequence) this.#ahead.delete(each)
    this.#advance()
  }

  #advance(): void {
    while (this.#ahead.size > 0 && this.#ahead.delete(this.#cursor + 1)) this.#cursor++
  }
}
