import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { RESTART_TYPES, STRATEGIES } from '../../src/supervisor/child-spec.js'
import { generateScenarios } from './generate.js'
import { runModel } from './model.js'
import { askOtp } from './otp-oracle.js'
import { formatScenario, parseScenario, type Scenario } from './scenario.js'

/** What Erlang/OTP did when `record-otp-table` was run: scenario to outcome. */
const table: { readonly [scenario: string]: string } = JSON.parse(
  await readFile(new URL('../../../test/supervisor/otp-table.json', import.meta.url), 'utf8'),
)
const recorded = Object.keys(table).map(parseScenario)

/** New ones in every run, besides; the seed is in the name of the test, so that a failure can be repeated. */
const seed = Number(process.env.NEMO_OTP_SEED ?? Date.now() % 1_000_000)
const fresh = generateScenarios(seed, 200)

const outcomesOf = (
  scenarios: readonly Scenario[],
  run: (scenario: Scenario, n: number) => string | undefined,
) => Object.fromEntries(scenarios.map((scenario, n) => [formatScenario(scenario), run(scenario, n)]))

describe('our decisions are those of Erlang/OTP', () => {
  let live: { readonly [scenario: string]: string | undefined } | undefined

  beforeAll(async () => {
    const outcomes = await askOtp([...recorded, ...fresh])
    if (outcomes === undefined) return
    live = outcomesOf([...recorded, ...fresh], (_, n) => outcomes[n])
    // On a busy machine the oracle now and then looks at its processes a moment too early: what differs is asked again.
    const differing = [...recorded, ...fresh].filter((one, n) => runModel(one) !== outcomes[n])
    if (differing.length === 0) return
    const again = await askOtp(differing)
    live = { ...live, ...outcomesOf(differing, (_, n) => again?.[n]) }
  }, 120_000)

  test('as recorded', () => {
    expect(outcomesOf(recorded, runModel)).toEqual(table)
  })

  test(`as it does now, where it is installed (NEMO_OTP_SEED=${seed})`, () => {
    const ours = outcomesOf([...recorded, ...fresh], runModel)
    // Without Erlang there are the recorded outcomes alone, which must then be there in full.
    expect(ours).toMatchObject(live ?? table)
    expect(Object.keys(live ?? table).length).toBeGreaterThanOrEqual(200)
  })

  test('the recorded sequences reach every corner', () => {
    const seen = (scenario: Scenario) => [
      scenario.strategy,
      scenario.intensity,
      scenario.periodSeconds,
      ...scenario.children.map(({ restart }) => restart),
      ...scenario.steps.flatMap(({ exit, gapMs }) => [exit, gapMs]),
    ]
    expect(new Set(recorded.flatMap(seen))).toEqual(
      new Set([
        ...STRATEGIES,
        ...RESTART_TYPES,
        'normal',
        'shutdown',
        'abnormal',
        0,
        1,
        2,
        3,
        4,
        5,
        3_600,
        2_600,
      ]),
    )
    const outcomes = Object.values(table)
    expect(outcomes.filter((outcome) => outcome.includes('gone-')).length).toBeGreaterThan(50)
    // A pause after which a supervisor with intensity 1 forgives a second restart.
    const forgiven = recorded.filter(
      (scenario) =>
        scenario.steps.some(({ gapMs }) => gapMs > 0) && !table[formatScenario(scenario)]!.includes('gone-'),
    )
    expect(forgiven.length).toBeGreaterThan(5)
    // A transient child that had ended comes back with its group.
    expect(
      outcomes.filter((outcome) => /\+(\w)(\w+)=/.test(outcome.slice(outcome.indexOf('|')))).length,
    ).toBeGreaterThan(50)
  })
})
