import type { Measure } from '../goals.js'
import type { Round } from '../measure/figures.js'
import type { Plan } from '../measure/plan.js'

/** One experiment; runs in a process of its own. */
export interface Scenario {
  /** Chooses it on the command line and finds its goals. */
  readonly name: string
  /** For people. */
  readonly title: string
  /** What to report of it. */
  readonly measures: readonly Measure[]
  run(plan: Plan): Promise<readonly Round[]>
}
