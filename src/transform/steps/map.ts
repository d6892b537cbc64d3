import type { MapSettings, Query, SelectSettings, TransformEach } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import { derive, type Item } from '../item.js'
import { type Later, then } from '../later.js'
import type { Step, StepDependencies } from '../step.js'
import { spread } from './elements.js'

/** Replaces values, or elements of arrays, by the one result of a query. */
export function mapStep({ expr, each }: MapSettings, parts: StepDependencies): Step {
  const runner = parts.query(expr)
  return { run: (items) => replaceAll(items, each, (inputs) => runner.one(inputs)) }
}

/** Replaces values, or elements of arrays, by objects of some fields. */
export function selectStep({ fields, each }: SelectSettings, parts: StepDependencies): Step {
  const runners = fields.map(({ name, of }: { name: string; of: Query }) => ({
    name,
    runner: parts.query(of),
  }))
  const objectsOf = (inputs: readonly Value[]) => {
    const columns = runners.map(({ runner }) => runner.one(inputs))
    const build = (columns: readonly (readonly Value[])[]) =>
      inputs.map((_, row) => Object.fromEntries(runners.map(({ name }, at) => [name, columns[at]![row]!])))
    return columns.some((column) => column instanceof Promise)
      ? Promise.all(columns).then(build)
      : build(columns as readonly (readonly Value[])[])
  }
  return { run: (items) => replaceAll(items, each, objectsOf) }
}

function replaceAll(
  items: readonly Item[],
  each: TransformEach | undefined,
  replace: (inputs: readonly Value[]) => Later<readonly Value[]>,
): Later<readonly Item[]> {
  const { inputs, parts } = spread(
    items.map(({ value }) => value),
    each,
  )
  return then(replace(inputs), (results) =>
    items.flatMap((item, at) => {
      const { from, count, isArray } = parts[at]!
      return derive(item, [isArray ? results.slice(from, from + count) : results[from]!])
    }),
  )
}
