import type { AggregateSettings } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import { derive, type Item } from '../item.js'
import type { Json } from '../jq/values/json.js'
import { dump } from '../jq/values/text.js'
import { type Later, then } from '../later.js'
import { sizeOf } from '../size.js'
import type { Step, StepDependencies } from '../step.js'
import { type Accumulator, accumulator } from './accumulator.js'
import { spread } from './elements.js'

/** Memory of a group beside its values. */
const OVERHEAD_BYTES = 200

/** The values of one group so far. Never changed in place. */
interface Group {
  readonly key: Value
  readonly fields: readonly Accumulator[]
}

/** Aggregates elements of arrays, or all messages so far. */
export function aggregateStep(settings: AggregateSettings, parts: StepDependencies): Step {
  const keyOf = settings.by && parts.query(settings.by)
  const values = settings.fields.map(({ of }) => parts.query(of))
  const running = new RunningGroups(settings.limit, parts)

  const empty: readonly Accumulator[] = settings.fields.map((field) => accumulator(field.function))
  const resultOf = ({ key, fields }: Group): Value =>
    Object.fromEntries([
      ...(keyOf === undefined ? [] : [['key', key]]),
      ...settings.fields.map(({ name }, at) => [name, fields[at]!.result]),
    ])
  const added = (group: Group, row: readonly (readonly Value[])[]): Group => ({
    key: group.key,
    fields: group.fields.map((field, at) =>
      row[at]!.reduce<Accumulator>((so, value) => so.add(value), field),
    ),
  })

  /** Evaluates the keys and the values of all inputs. */
  const evaluate = (inputs: readonly Value[]): Later<readonly (readonly (readonly Value[])[])[]> => {
    const keys: Later<readonly (readonly Value[])[]> =
      keyOf === undefined
        ? inputs.map(() => [null])
        : then(keyOf.one(inputs), (found) => found.map((key) => [key]))
    const columns = [keys, ...values.map((runner) => runner.all(inputs))]
    return columns.some((column) => column instanceof Promise)
      ? Promise.all(columns)
      : (columns as readonly (readonly (readonly Value[])[])[])
  }

  return {
    run: (items) => {
      const { inputs, parts } = spread(
        items.map(({ value }) => value),
        settings.each,
      )
      return then(evaluate(inputs), ([keys, ...columns]) => {
        const changed = new Map<string, Group>()
        const add = (groups: Map<string, Group>, at: number, known?: (id: string) => Group | undefined) => {
          const [key] = keys![at]! as [Value]
          const id = dump(key as Json)
          const group = added(
            groups.get(id) ?? known?.(id) ?? { key, fields: empty },
            columns.map((column) => column[at]!),
          )
          groups.set(id, group)
          if (groups.size > settings.limit)
            throw new Error(`aggregate: more than ${settings.limit} groups, which is the limit`)
          return group
        }
        const results = parts.map(({ from, count, isArray }): Value => {
          if (!isArray) return resultOf(add(changed, from, (id) => running.get(id)))
          const groups = new Map<string, Group>()
          for (let at = from; at < from + count; at++) add(groups, at)
          if (keyOf !== undefined) return [...groups.values()].map(resultOf)
          return resultOf(groups.values().next().value ?? { key: null, fields: empty })
        })
        // Only now, because an item that fails must not count.
        for (const [id, group] of changed) running.set(id, group)
        return items.flatMap((item: Item, at) => derive(item, [results[at]!]))
      })
    },
    close: () => {
      running.clear()
      return []
    },
  }
}

/** The groups of all messages so far, the one that was unused for longest first. */
class RunningGroups {
  readonly #limit: number
  readonly #parts: StepDependencies
  readonly #groups = new Map<string, { readonly group: Group; readonly bytes: number }>()

  constructor(limit: number, parts: StepDependencies) {
    this.#limit = limit
    this.#parts = parts
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id)?.group
  }

  set(id: string, group: Group): void {
    this.#forget(id)
    if (this.#groups.size >= this.#limit) this.#forget(this.#groups.keys().next().value!)
    const bytes = group.fields.reduce(
      (sum, { result }) => sum + sizeOf(result),
      OVERHEAD_BYTES + 2 * id.length,
    )
    this.#parts.budget.take(bytes)
    this.#groups.set(id, { group, bytes })
  }

  clear(): void {
    for (const id of [...this.#groups.keys()]) this.#forget(id)
  }

  #forget(id: string): void {
    const known = this.#groups.get(id)
    if (known === undefined) return
    this.#groups.delete(id)
    this.#parts.budget.give(known.bytes)
  }
}
