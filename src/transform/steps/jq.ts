import type { JqSettings } from '../../core/settings/transform.js'
import { derive, type Item } from '../item.js'
import { then } from '../later.js'
import type { Step, StepDependencies } from '../step.js'

/** Makes an item of each result of a query. */
export function jqStep({ query }: JqSettings, parts: StepDependencies): Step {
  const runner = parts.query(query)
  return {
    run: (items) =>
      then(runner.all(items.map(({ value }) => value)), (results) =>
        items.flatMap((item, at): readonly Item[] => derive(item, results[at]!)),
      ),
  }
}
