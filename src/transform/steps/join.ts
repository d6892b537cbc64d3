import type { JoinSettings } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import { derive } from '../item.js'
import type { Step, StepDependencies } from '../step.js'
import { nameOf } from './elements.js'

/** Adds the newest value of a `data` block to objects. */
export function joinStep({ with: data, as, missing }: JoinSettings, parts: StepDependencies): Step {
  return {
    run: (items) => {
      const newest = parts.joined(data)
      if (newest === undefined && missing === 'drop') return items.flatMap((item) => derive(item, []))
      if (newest === undefined && missing === 'fail') throw new Error(`join: the data "${data}" has no value`)
      const joined = items.map(({ value }) => ({ ...objectIn(value), [as]: newest ?? null }))
      return items.flatMap((item, at) => derive(item, [joined[at]!]))
    },
  }
}

/** @throws Error if it is not an object */
function objectIn(value: Value): { readonly [key: string]: Value } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array))
    return value as { readonly [key: string]: Value }
  throw new Error(`join: expected an object, found ${nameOf(value)}`)
}
