import type { Balance, FoundAddress } from './discovery.js'

interface Entry {
  found: FoundAddress
  /** An unreachable address is skipped until this time. */
  skippedUntil: number
  /** The current weight of the smooth weighted round robin. */
  credit: number
}

/**
 * The addresses of a service: which are usable, and which is next. Times are milliseconds of the clock that the
 * caller passes as `now`.
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

  /** Replaces all addresses; an address that stays keeps its state. @returns whether the set of addresses changed */
  replace(found: readonly FoundAddress[]): boolean {
    const before = this.#entries
    this.#entries = new Map(
      found.map((each) => {
        const { skippedUntil = Number.NEGATIVE_INFINITY, credit = 0 } = before.get(each.address) ?? {}
        return [each.address, { found: each, skippedUntil, credit }]
      }),
    )
    return (
      before.size !== this.#entries.size || [...this.#entries.keys()].some((address) => !before.has(address))
    )
  }

  /** Skips an unreachable address for `ejectMs`. */
  failed(address: string, now: number): void {
    const entry = this.#entries.get(address)
    if (entry !== undefined) entry.skippedUntil = now + this.#ejectMs
  }

  /** Makes an address usable again after a successful connection. */
  succeeded(address: string): void {
    const entry = this.#entries.get(address)
    if (entry !== undefined) entry.skippedUntil = Number.NEGATIVE_INFINITY
  }

  /**
   * The addresses to use now: those of the best priority among the addresses that are not skipped. If all are skipped,
   * those that become usable first.
   */
  usable(now: number): readonly string[] {
    return this.#usable(now).map(({ found }) => found.address)
  }

  /**
   * Chooses the next address; `undefined` if the set is empty.
   * @param pending how many requests are in flight at an address
   */
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
    const reachable = entries.filter(({ skippedUntil }) => skippedUntil <= now)
    return reachable.length > 0
      ? withLeast(reachable, ({ found }) => found.priority)
      : withLeast(entries, ({ skippedUntil }) => skippedUntil)
  }
}

/** Returns all entries whose figure is the smallest. */
function withLeast(entries: readonly Entry[], figure: (entry: Entry) => number): Entry[] {
  const figures = entries.map(figure)
  const least = Math.min(...figures)
  return entries.filter((_, i) => figures[i] === least)
}

/**
 * Smooth weighted round robin: adds its weight to the credit of each entry, chooses the highest credit, and subtracts
 * the sum of all weights from it. With equal weights this chooses one entry after the other.
 */
function nextInTurn(entries: readonly Entry[]): Entry | undefined {
  let chosen: Entry | undefined
  let total = 0
  for (const entry of entries) {
    entry.credit += entry.found.weight
    total += entry.found.weight
    if (chosen === undefined || entry.credit > chosen.credit) chosen = entry
  }
  if (chosen !== undefined) chosen.credit -= total
  return chosen
}
