import { Tinypool } from 'tinypool'
import type { Round } from './measure/figures.js'
import type { Plan } from './measure/plan.js'
import { judge, type ResultRecord } from './report/judge.js'
import type { ScenarioTask } from './scenario-process.js'
import type { Scenario } from './scenarios/scenario.js'

/** What became of a scenario. */
export type Outcome =
  | { readonly ok: true; readonly records: readonly ResultRecord[] }
  | { readonly ok: false; readonly reason: string }

/** Runs scenarios one after the other, each in a process of its own, which is ended when its time is up. */
export async function runScenarios(
  scenarios: readonly Scenario[],
  plan: Plan,
  progress: (scenario: Scenario, outcome: Outcome | undefined) => void,
): Promise<ReadonlyMap<Scenario, Outcome>> {
  const pool = new Tinypool({
    filename: new URL('scenario-process.js', import.meta.url).href,
    runtime: 'child_process',
    isolateWorkers: true,
    minThreads: 1,
    maxThreads: 1,
    execArgv: ['--expose-gc'],
  })
  const outcomes = new Map<Scenario, Outcome>()
  try {
    for (const scenario of scenarios) {
      progress(scenario, undefined)
      const outcome = await runOne(pool, scenario, plan)
      outcomes.set(scenario, outcome)
      progress(scenario, outcome)
    }
  } finally {
    await pool.destroy()
  }
  return outcomes
}

async function runOne(pool: Tinypool, scenario: Scenario, plan: Plan): Promise<Outcome> {
  const task: ScenarioTask = { name: scenario.name, plan }
  try {
    const signal = AbortSignal.timeout(plan.limitMs)
    const rounds = (await pool.run(task, { signal })) as readonly Round[]
    return { ok: true, records: judge(scenario, rounds) }
  } catch (error) {
    // An error of the process arrives as a plain object.
    return { ok: false, reason: (error as Partial<Error> | null)?.message ?? String(error) }
  }
}
