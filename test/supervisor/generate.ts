import fc from 'fast-check'
import { RESTART_TYPES, STRATEGIES } from '../../src/supervisor/child-spec.js'
import type { Scenario } from './scenario.js'

const IDS = ['a', 'b', 'c', 'd', 'e']
/** Far from the boundary of a period of one second, which OTP counts in whole seconds: two at most. */
const LONG_GAP_MS = 2_600

/** Everything falls into one period of an hour, or gaps are either nothing or far longer than the period. */
const timing = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ periodSeconds: 3_600, gaps: [0] }) },
  { weight: 1, arbitrary: fc.constant({ periodSeconds: 1, gaps: [0, 0, 0, LONG_GAP_MS] }) },
)

const scenario: fc.Arbitrary<Scenario> = fc
  .tuple(fc.integer({ min: 1, max: IDS.length }), timing)
  .chain(([count, { periodSeconds, gaps }]) =>
    fc.record({
      strategy: fc.constantFrom(...STRATEGIES),
      intensity: fc.nat({ max: 5 }),
      periodSeconds: fc.constant(periodSeconds),
      children: fc.tuple(
        ...IDS.slice(0, count).map((id) =>
          fc.record({ id: fc.constant(id), restart: fc.constantFrom(...RESTART_TYPES) }),
        ),
      ),
      steps: fc.array(
        fc.record({
          id: fc.constantFrom(...IDS.slice(0, count)),
          exit: fc.constantFrom(
            'normal' as const,
            'shutdown' as const,
            'abnormal' as const,
            'abnormal' as const,
          ),
          gapMs: fc.constantFrom(...gaps),
        }),
        { minLength: 1, maxLength: 10 },
      ),
    }),
  )

/** `count` crash sequences, always the same for one seed. */
export function generateScenarios(seed: number, count: number): readonly Scenario[] {
  return fc.sample(scenario, { seed, numRuns: count })
}
