/** Numbers the names that recur (topics, methods, queues), so that each name crosses a channel once. */
export class NameWriter {
  readonly #numbers = new Map<string, number>()
  readonly #limit: number
  #fresh: string[] = []

  /** @param limit how many names are kept before the dictionary is cleared, because publishers choose the topics */
  constructor(limit = 50_000) {
    this.#limit = limit
  }

  number(name: string): number {
    let number = this.#numbers.get(name)
    if (number === undefined) {
      number = this.#numbers.size
      this.#numbers.set(name, number)
      this.#fresh.push(name)
    }
    return number
  }

  /** Returns the names that are new since the last batch, to be sent with this one. */
  take(): NameUpdate | undefined {
    if (this.#fresh.length === 0) return undefined
    const added = this.#fresh
    this.#fresh = []
    return { first: this.#numbers.size - added.length, added }
  }

  /** Clears the dictionary, because names that were taken did not arrive. */
  forget(): void {
    this.#numbers.clear()
    this.#fresh = []
  }

  /** Clears a dictionary above its limit. Call between batches only, because all numbers become invalid. */
  trim(): void {
    if (this.#numbers.size > this.#limit) this.#numbers.clear()
  }
}

/**
 * Names that are new to the reader, numbered from `first`. If `first` is 0, the reader clears its dictionary before.
 */
export interface NameUpdate {
  readonly first: number
  readonly added: readonly string[]
}

/** The reader's side of the dictionary. */
export class NameReader {
  #names: string[] = []

  learn(update: NameUpdate | undefined): void {
    if (update === undefined) return
    if (update.first === 0) this.#names = []
    for (const name of update.added) this.#names.push(name)
  }

  name(number: number): string {
    return this.#names[number]!
  }

  /** A reader of the names at this moment, for messages that are read later. */
  copy(): NameReader {
    const copy = new NameReader()
    copy.#names = this.#names
    return copy
  }

  /** All names by number. The array only grows; clearing the dictionary makes a new one. */
  get all(): readonly string[] {
    return this.#names
  }
}
