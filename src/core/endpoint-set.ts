import type { Balance, FoundAddress } from './discovery.js'

interface Entry {
  found: FoundAddress
  /** It could not be reached, and is left out until then. */
  outUntil: number
  /** Of the smooth weighted round robin: what it has coming. */
  credit: number
}

/**
 * The addresses of a service: which are worth trying, and which is next. Times are milliseconds of whatever clock
 * the caller passes as `now`.
 */
export class EndpointSet {
  readonly #balance: Balance
  readonly #ejectMs: number
  #entries = new Map<string, Entry>()

  constructor({ balance, ejectMs }: { readonly balance: Balance; readonly ejectMs: number }) {
    this.#balance = balance
    this.#ejectMs = ejectMs
  }

  get size(): number {
    return this.#entries.size
  }

  has(address: string): boolean {
    return this.#entries.has(address)
  }

  /** Takes what was found in place of what there was; what is in both keeps its record. @returns whether it differs */
  replace(found: readonly FoundAddress[]): boolean {
    const before = this.#entries
    this.#entries = new Map(
      found.map((each) => {
        const { outUntil = Number.NEGATIVE_INFINITY, credit = 0 } = before.get(each.address) ?? {}
        return [each.address, { found: each, outUntil, credit }]
      }),
    )
    return (
      before.size !== this.#entries.size || [...this.#entries.keys()].some((address) => !before.has(address))
    )
  }

  /** It could not be reached: it is left out for a while. */
  failed(address: string, now: number): void {
    const entry = this.#entries.get(address)
    if (entry !== undefined) entry.outUntil = now + this.#ejectMs
  }

  /** It was reached. */
  succeeded(address: string): void {
    const entry = this.#entries.get(address)
    if (entry !== undefined) entry.outUntil = Number.NEGATIVE_INFINITY
  }

  /**
   * Those to use now: of the best priority that has any which is not left out. Where all are left out, the one whose
   * time is up first: better than none.
   */
  usable(now: number): readonly string[] {
    return this.#usable(now).map(({ found }) => found.address)
  }

  /** The one to use next; undefined when there is none. @param pending how many requests are under way at an address */
  next(now: number, pending: (address: string) => number = () => 0): string | undefined {
    const usable = this.#usable(now)
    const least =
      this.#balance === 'round_robin' || usable.length < 2
        ? usable
        : withLeast(usable, ({ found }) => pending(found.address) / found.weight)
    return nextInTurn(least)?.found.address
  }

  #usable(now: number): Entry[] {
    const entries = [...this.#entries.values()]
    const well = entries.filter(({ outUntil }) => outUntil <= now)
    return well.length > 0
      ? withLeast(well, ({ found }) => found.priority)
      : withLeast(entries, ({ outUntil }) => outUntil)
  }
}

/** All for which a figure is the least there is. */
function withLeast(entries: readonly Entry[], figure: (entry: Entry) => number): Entry[] {
  const figures = entries.map(figure)
  const least = Math.min(...figures)
  return entries.filter((_, i) => figures[i] === least)
}

/**
 * The smooth weighted round robin: each gets its weight on credit, the richest goes and pays for all. With equal
 * weights that is one after the other.
 */
function nextInTurn(entries: readonly Entry[]): Entry | undefined {
  let richest: Entry | undefined
  let total = 0
  for (const entry of entries) {
    entry.credit += entry.found.weight
    total += entry.found.weight
    if (richest === undefined || entry.credit > richest.credit) richest = entry
  }
  if (richest !== undefined) richest.credit -= total
  return richest
}
