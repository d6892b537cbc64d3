import type { Round } from './measure/figures.js'
import type { Plan } from './measure/plan.js'
import { SCENARIOS } from './scenarios/index.js'

/** What the process of a scenario is told. */
export interface ScenarioTask {
  readonly name: string
  readonly plan: Plan
}

/** Runs one scenario in this process; what tinypool calls. */
export default async function runScenario({ name, plan }: ScenarioTask): Promise<readonly Round[]> {
  const scenario = SCENARIOS.find((each) => each.name === name)
  if (scenario === undefined) throw new Error(`there is no scenario ${JSON.stringify(name)}`)
  return scenario.run(plan)
}
