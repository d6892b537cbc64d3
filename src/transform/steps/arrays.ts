import type { FlattenSettings, SortSettings } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import { derive } from '../item.js'
import { compare } from '../jq/values/compare.js'
import type { Json } from '../jq/values/json.js'
import { then } from '../later.js'
import type { Step, StepDependencies } from '../step.js'
import { isByElement, nameOf } from './elements.js'

/** Makes an item of each element of an array. */
export function flattenStep({ depth }: FlattenSettings): Step {
  return {
    run: (items) => {
      const lists = items.map(({ value }) => {
        if (!Array.isArray(value)) throw new Error(`flatten: expected an array, found ${nameOf(value)}`)
        return opened(value, depth - 1)
      })
      return items.flatMap((item, at) => derive(item, lists[at]!))
    },
  }
}

/** The elements of an array, with those of nested arrays down to some levels. */
function opened(value: readonly Value[], levels: number): readonly Value[] {
  if (levels === 0) return value
  return value.flatMap((element): readonly Value[] =>
    Array.isArray(element) ? opened(element as readonly Value[], levels - 1) : [element],
  )
}

/** Sorts arrays by a key, in the order of jq. Elements with equal keys keep their order. */
export function sortStep({ by, order, limit }: SortSettings, parts: StepDependencies): Step {
  const runner = parts.query(by)
  const sign = order === 'asc' ? 1 : -1
  return {
    run: (items) => {
      const arrays = items.map(({ value }) => {
        if (!isByElement(value, 'element')) return []
        if (value.length > limit)
          throw new Error(`sort: the array has ${value.length} elements, but the limit is ${limit}`)
        return value
      })
      return then(runner.one(arrays.flat(1)), (keys) => {
        let from = 0
        const sorted = arrays.map((array) => {
          const keyed = array.map((value) => ({ value, key: keys[from++] as Json }))
          keyed.sort((a, b) => sign * compare(a.key, b.key))
          return keyed.map(({ value }) => value)
        })
        return items.flatMap((item, at) => derive(item, [sorted[at]!]))
      })
    },
  }
}
