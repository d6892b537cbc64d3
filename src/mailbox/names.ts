/** Gives small numbers to names that recur (topics, methods, queues), so that a name crosses a line once. */
export class NameWriter {
  readonly #numbers = new Map<string, number>()
  readonly #limit: number
  #fresh: string[] = []

  /** @param limit how many names are remembered before the dictionary starts anew: topics are chosen by strangers. */
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

  /** The names new since the last batch, to be sent with this one. */
  take(): NameUpdate | undefined {
    if (this.#fresh.length === 0) return undefined
    const added = this.#fresh
    this.#fresh = []
    return { first: this.#numbers.size - added.length, added }
  }

  /** What was taken did not arrive: start anew. */
  forget(): void {
    this.#numbers.clear()
    this.#fresh = []
  }

  /** Call between batches only: numbers handed out before mean nothing afterwards. */
  trim(): void {
    if (this.#numbers.size > this.#limit) this.#numbers.clear()
  }
}

/** Names new to the reader, numbered on from `first`; at `first` 0 all earlier names are forgotten. */
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
}
