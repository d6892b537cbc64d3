import type { Query } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import type { Item } from '../item.js'
import type { Json } from '../jq/values/json.js'
import { dump } from '../jq/values/text.js'
import { type Later, then } from '../later.js'
import type { QueryRunner } from '../query.js'
import type { StepDependencies } from '../step.js'

/** Memory of a state beside its key. */
const OVERHEAD_BYTES = 200

/** A separate state for each key, least recently used first. */
export class KeyedStates<State> {
  readonly #limit: number
  readonly #parts: StepDependencies
  readonly #keyOf: QueryRunner | undefined
  readonly #states = new Map<string, State>()

  constructor(by: Query | undefined, limit: number, parts: StepDependencies) {
    this.#limit = limit
    this.#parts = parts
    this.#keyOf = by && parts.query(by)
  }

  /** Returns the keys of items as text. @throws SerializeError, also as a rejection */
  keys(items: readonly Item[]): Later<readonly string[]> {
    if (this.#keyOf === undefined) return items.map(() => '')
    return then(this.#keyOf.one(items.map(({ value }) => value)), (values: readonly Value[]) =>
      values.map((value) => dump(value as Json)),
    )
  }

  /** Returns the state of a key, which is then the most recently used. */
  get(key: string): State | undefined {
    const state = this.#states.get(key)
    if (state === undefined) return undefined
    this.#states.delete(key)
    this.#states.set(key, state)
    return state
  }

  /** Sets the state of a new key. @returns the state that was removed to make room */
  add(key: string, state: State): State | undefined {
    let removed: State | undefined
    if (this.#states.size >= this.#limit) {
      const [oldest, its] = this.#states.entries().next().value!
      this.delete(oldest)
      removed = its
    }
    this.#states.set(key, state)
    this.#parts.budget.take(weightOf(key))
    return removed
  }

  delete(key: string): void {
    if (this.#states.delete(key)) this.#parts.budget.give(weightOf(key))
  }

  /** Removes all states. @returns the states */
  clear(): readonly State[] {
    const states = [...this.#states.values()]
    for (const key of [...this.#states.keys()]) this.delete(key)
    return states
  }
}

function weightOf(key: string): number {
  return 2 * key.length + OVERHEAD_BYTES
}
