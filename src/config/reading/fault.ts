import type { z } from 'zod'
import type { Finding } from '../hcl/index.js'

/** The finding of a custom check, and whether it points at the name or the value of the attribute. */
export interface Fault {
  readonly finding: Finding
  readonly at: 'name' | 'value'
}

/** Reports an error that concerns several values, such as two attributes that contradict each other. */
export function fault(
  context: z.RefinementCtx,
  path: readonly string[],
  finding: Finding,
  at: Fault['at'] = 'name',
): void {
  const params: Fault = { finding, at }
  context.addIssue({ code: 'custom', path: [...path], message: finding.message, params: { ...params } })
}

/** Reports an attribute that is set without another that it needs. */
export function needsBeside<Name extends string>(
  context: z.RefinementCtx,
  values: { readonly [name in Name]?: unknown },
  name: Name,
  needed: Name,
): void {
  if (values[name] !== undefined && values[needed] === undefined)
    fault(context, [name], { message: `"${name}" needs "${needed}" beside it` })
}

/** Reports an invalid value of an attribute. */
export function wrong(context: z.RefinementCtx, name: string, expected: string, hint?: string): void {
  const params = hint === undefined ? {} : { hint }
  context.addIssue({ code: 'custom', path: [name], message: `expected ${expected}`, params })
}

/** Makes a check of several attributes that runs only if each of them is valid on its own. */
export function ifAllValid<Values>(
  check: (values: Values, context: z.RefinementCtx) => void,
): (values: Values, context: z.RefinementCtx) => void {
  return (values, context) => {
    if (context.issues.every(({ code }) => code === 'unrecognized_keys')) check(values, context)
  }
}
