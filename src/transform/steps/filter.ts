import type { FilterSettings } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import { derive } from '../item.js'
import { then } from '../later.js'
import type { Step, StepDependencies } from '../step.js'
import { spread } from './elements.js'

/** Keeps items, or elements of their arrays, for which the first result of a query is neither false nor null. */
export function filterStep({ expr, each }: FilterSettings, parts: StepDependencies): Step {
  const runner = parts.query(expr)
  return {
    run: (items) => {
      const { inputs, parts } = spread(
        items.map(({ value }) => value),
        each,
      )
      return then(runner.all(inputs), (results) => {
        const isKept = (at: number) => isTrue(results[at]![0])
        return items.flatMap((item, at) => {
          const { from, count, isArray } = parts[at]!
          if (!isArray) return isKept(from) ? [item] : derive(item, [])
          const kept = inputs.slice(from, from + count).filter((_, index) => isKept(from + index))
          return derive(item, [kept])
        })
      })
    },
  }
}

function isTrue(value: Value | undefined): boolean {
  return value !== undefined && value !== null && value !== false
}
