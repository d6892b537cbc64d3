import { JqLimitError } from './errors.js'

/** What a query may use up in one run. */
export interface JqLimits {
  /** Elements iterated over, functions called, elements and 64 characters of text copied. */
  readonly steps: number
  /** What all results together hold, in characters of JSON, about. */
  readonly output: number
  /** How deeply a result may be nested. */
  readonly depth: number
}

export const DEFAULT_LIMITS: JqLimits = { steps: 10_000_000, output: 64 * 1024 * 1024, depth: 10_000 }

/** What a run may still use up. */
export interface Budget {
  steps: number
  readonly allowed: number
}

/** Takes steps off. @throws JqLimitError when none are left */
export function charge(budget: Budget, steps: number): void {
  budget.steps -= steps
  if (budget.steps < 0) outOfSteps(budget)
}

function outOfSteps({ allowed }: Budget): never {
  throw new JqLimitError('steps', `the query takes more than ${allowed} steps; it may have no end`)
}
