import type { ViewRow } from './view-source.js'

/** Messages per second, in and out. */
export interface Rate {
  readonly in: number
  readonly out: number
}

interface Sample {
  readonly at: number
  readonly received: number
  readonly sent: number
}

const WINDOW_MS = 2_000

/** Computes rates over the last two seconds from counters that only grow. */
export class Rates {
  readonly #samples = new Map<string, Sample[]>()

  /** Takes the current counters and returns the rates by row key. */
  observe(rows: readonly ViewRow[], at: number): ReadonlyMap<string, Rate> {
    const rates = new Map<string, Rate>()
    for (const row of rows) {
      const key = rowKey(row)
      const samples = (this.#samples.get(key) ?? []).filter((sample) => at - sample.at <= WINDOW_MS)
      samples.push({ at, received: row.received, sent: row.sent })
      this.#samples.set(key, samples)
      const first = samples[0]!
      const seconds = (at - first.at) / 1_000
      const perSecond = (now: number, then: number) =>
        seconds <= 0 ? 0 : Math.max(0, (now - then) / seconds)
      rates.set(key, { in: perSecond(row.received, first.received), out: perSecond(row.sent, first.sent) })
    }
    return rates
  }
}

/** Returns the key of a row. It includes the type, because a broker may have the name of an integration. */
export function rowKey({ type, name }: ViewRow): string {
  return `${type} ${name}`
}
