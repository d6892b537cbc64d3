import type { ScriptTransformSettings } from '../../core/settings/transform.js'
import { derive } from '../item.js'
import type { Step, StepDependencies } from '../step.js'

/** Replaces values by what a function of a script returns for them. */
export function scriptStep({ handler }: ScriptTransformSettings, { call }: StepDependencies): Step {
  const name = `script.${handler.script}.${handler.function}`
  return {
    run: async (items) => {
      const results = await Promise.all(items.map(({ value }) => call(handler, value))).catch(
        (error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error)
          throw new Error(`${name}: ${reason}`, { cause: error })
        },
      )
      return items.flatMap((item, at) => {
        const result = results[at]
        return derive(item, result === undefined ? [] : [result])
      })
    },
  }
}
