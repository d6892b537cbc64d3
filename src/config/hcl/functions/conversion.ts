import { toBoolean } from '../convert.js'
import type { HclFunction } from '../values.js'
import { isObject, LATE } from '../values.js'
import { distinct } from './collection.js'
import { FunctionFault, hclFunction } from './define.js'

/** Functions that convert types, and functions that catch errors. */
export const conversionFunctions: Record<string, HclFunction> = {
  tobool: hclFunction('tobool(value)', ['any'], ([value]) => {
    if (value === null) return null
    const boolean = toBoolean(value)
    if (boolean === undefined)
      throw new FunctionFault('cannot convert this to a boolean', { argument: 0, expected: 'true or false' })
    return boolean
  }),
  tolist: hclFunction('tolist(value)', ['list'], ([list]) => list),
  toset: hclFunction('toset(list)', ['list'], ([list]) => distinct(list)),
  tomap: hclFunction('tomap(value)', ['any'], ([value]) => {
    if (!isObject(value))
      throw new FunctionFault('cannot convert this to a map', { argument: 0, expected: 'an object' })
    return value
  }),
  try: {
    signature: 'try(value, alternatives...)',
    minimum: 1,
    maximum: Number.POSITIVE_INFINITY,
    call: ([value]) => value ?? null,
    lazy: (attempts) => {
      for (const attempt of attempts) {
        const outcome = attempt()
        if (outcome !== undefined) return outcome
      }
      return undefined
    },
  },
  can: {
    signature: 'can(value)',
    minimum: 1,
    maximum: 1,
    call: () => true,
    lazy: ([attempt]) => {
      const outcome = attempt!()
      return outcome === LATE ? LATE : outcome !== undefined
    },
  },
}
