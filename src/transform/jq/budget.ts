import { JqLimitError } from './errors.js'

/** Limits of one run of a query. */
export interface JqLimits {
  /** Elements iterated over, functions called, elements and 64 characters of text copied. */
  readonly steps: number
  /** Maximum size of all results together, in characters of JSON, approximately. */
  readonly output: number
  /** How deeply a result may be nested. */
  readonly depth: number
}

export const DEFAULT_LIMITS: JqLimits = { steps: 10_000_000, output: 64 * 1024 * 1024, depth: 10_000 }

/** What is left of the limits during a run. */
export interface Budget {
  steps: number
  readonly allowed: number
}

/** Counts steps. @throws JqLimitError when none are left */
export function charge(budget: Budget, steps: number): void {
  budget.steps -= steps
  if (budget.steps < 0) outOfSteps(budget)
}

function outOfSteps({ allowed }: Budget): never {
  throw new JqLimitError('steps', `the query takes more than ${allowed} steps; it may have no end`)
}
