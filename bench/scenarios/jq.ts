import { JqProgram } from '../../src/transform/jq/program.js'
import type { Figures } from '../measure/figures.js'
import type { Plan } from '../measure/plan.js'
import { perSecond } from './per-second.js'
import type { Scenario } from './scenario.js'

const QUERY = '.payload | {id, price: (.price * 2)}'
/** A hundred characters. */
const LONG_QUERY =
  '.items | map(select(.price > 10 and .name != "")) | {n: length, sum: (map(.price) | add), a: .[0].i}'

const VALUES = Array.from({ length: 64 }, (_, id) => ({
  topic: `prices/${id}`,
  payload: { id, price: id / 4, name: `item ${id}`, tags: ['a', 'b'], at: 1_700_000_000_000 + id },
  headers: {},
  timestamp: 1_700_000_000_000,
}))

/** Measures work on this thread alone, warm. */
async function measured(plan: Plan, work: () => void, figuresOf: (rate: number) => Figures) {
  perSecond(plan.firstWarmUpMs, work)
  return Array.from({ length: plan.rounds }, () => ({ gateway: figuresOf(perSecond(plan.windowMs, work)) }))
}

const run: Scenario = {
  name: 'jq',
  title: `jq on one thread: ${QUERY}`,
  measures: ['throughput'],
  run: (plan) => {
    const program = new JqProgram(QUERY, { now: Date.now })
    let at = 0
    const work = () => {
      program.run(VALUES[at++ % VALUES.length]!)
    }
    return measured(plan, work, (rate) => ({ perSecond: rate }))
  },
}

const compile: Scenario = {
  name: 'jq-compile',
  title: `Compile a jq query of ${LONG_QUERY.length} characters`,
  measures: ['duration'],
  run: (plan) =>
    measured(
      plan,
      () => void new JqProgram(LONG_QUERY, { now: Date.now }),
      (rate) => ({ durationMs: 1_000 / rate }),
    ),
}

export const JQ: readonly Scenario[] = [run, compile]
