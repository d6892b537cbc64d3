const ASCII = 128
const MOST_KEPT = 4_096

/** A set of characters. Matches as JavaScript does, with a fast path for ASCII. */
export class CharacterSet {
  readonly #pattern: RegExp
  readonly #ascii = new Uint8Array(ASCII)
  readonly #others = new Map<number, boolean>()

  /** @param source as JavaScript writes it */
  constructor(source: string, ignoresCase: boolean) {
    this.#pattern = new RegExp(`^${source}$`, ignoresCase ? 'iu' : 'u')
    for (let point = 0; point < ASCII; point++)
      this.#ascii[point] = this.#pattern.test(String.fromCharCode(point)) ? 1 : 0
  }

  has(point: number): boolean {
    if (point < ASCII) return this.#ascii[point] === 1
    const known = this.#others.get(point)
    if (known !== undefined) return known
    const has = this.#pattern.test(String.fromCodePoint(point))
    if (this.#others.size >= MOST_KEPT) this.#others.clear()
    this.#others.set(point, has)
    return has
  }
}
