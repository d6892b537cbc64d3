import type { z } from 'zod'
import type { Finding } from '../hcl/index.js'

/** What a check of a schema says of an attribute in its own words, and whether it points at the name or the value. */
export interface Fault {
  readonly finding: Finding
  readonly at: 'name' | 'value'
}

/** Reports a fault that is none of a single value: that two attributes contradict each other, or that one is missing. */
export function fault(
  context: z.RefinementCtx,
  path: readonly string[],
  finding: Finding,
  at: Fault['at'] = 'name',
): void {
  const params: Fault = { finding, at }
  context.addIssue({ code: 'custom', path: [...path], message: finding.message, params: { ...params } })
}

/** Reports that the value of an attribute does not fit. */
export function wrong(context: z.RefinementCtx, name: string, expected: string, hint?: string): void {
  const params = hint === undefined ? {} : { hint }
  context.addIssue({ code: 'custom', path: [name], message: `expected ${expected}`, params })
}

/** A check of several attributes together, which is only made where each of them is right by itself. */
export function together<Values>(
  check: (values: Values, context: z.RefinementCtx) => void,
): (values: Values, context: z.RefinementCtx) => void {
  return (values, context) => {
    if (context.issues.every(({ code }) => code === 'unrecognized_keys')) check(values, context)
  }
}
