import type { DistinctSettings } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import { derive, type Item } from '../item.js'
import type { Json } from '../jq/values/json.js'
import { dump } from '../jq/values/text.js'
import { then } from '../later.js'
import type { Step, StepDependencies } from '../step.js'
import { spread } from './elements.js'

/** Memory of a key beside its text. */
const OVERHEAD_BYTES = 100

/** Drops items whose key was seen before, and elements of an array whose key an earlier element of it has. */
export function distinctStep(settings: DistinctSettings, parts: StepDependencies): Step {
  const { by, each } = settings
  const runner = parts.query(by)
  const seen = new SeenKeys(settings, parts)
  return {
    run: (items) => {
      const { inputs, parts } = spread(
        items.map(({ value }) => value),
        each,
      )
      return then(runner.one(inputs), (values) => {
        const keys = values.map((value) => dump(value as Json))
        return items.flatMap((item, at) => {
          const { from, count, isArray } = parts[at]!
          if (!isArray) return seen.add(keys[from]!, item) ? [item] : derive(item, [])
          return derive(item, [firstOfEach(inputs, keys, from, from + count)])
        })
      })
    },
    close: () => {
      seen.clear()
      return []
    },
  }
}

function firstOfEach(
  values: readonly Value[],
  keys: readonly string[],
  from: number,
  to: number,
): readonly Value[] {
  const known = new Set<string>()
  const kept: Value[] = []
  for (let at = from; at < to; at++) {
    if (known.has(keys[at]!)) continue
    known.add(keys[at]!)
    kept.push(values[at]!)
  }
  return kept
}

/** The keys of items, with the time of each, oldest first. */
class SeenKeys {
  readonly #settings: DistinctSettings
  readonly #parts: StepDependencies
  readonly #times = new Map<string, number>()

  constructor(settings: DistinctSettings, parts: StepDependencies) {
    this.#settings = settings
    this.#parts = parts
  }

  /** Remembers a key. It is forgotten if the item fails, because the same message may come again. @returns false if known */
  add(key: string, { origins }: Item): boolean {
    const { limit, withinMs } = this.#settings
    const now = this.#parts.clock.monotonic()
    const known = this.#times.get(key)
    if (known !== undefined && (withinMs === undefined || now - known < withinMs)) return false
    this.#forget(key)
    if (this.#times.size >= limit) this.#forget(this.#times.keys().next().value!)
    this.#times.set(key, now)
    this.#parts.budget.take(weightOf(key))
    for (const origin of origins)
      origin.onUndone(() => {
        if (this.#times.get(key) === now) this.#forget(key)
      })
    return true
  }

  clear(): void {
    for (const key of [...this.#times.keys()]) this.#forget(key)
  }

  #forget(key: string): void {
    if (this.#times.delete(key)) this.#parts.budget.give(weightOf(key))
  }
}

function weightOf(key: string): number {
  return key.length + OVERHEAD_BYTES
}
