import { describe, expect, test } from 'vitest'
import { GOALS, type Goal, goalFor, meets } from '../../bench/goals.js'
import { judge } from '../../bench/report/judge.js'
import { SCENARIOS } from '../../bench/scenarios/index.js'

const goal = (given: Partial<Goal>): Goal => ({
  scenario: 's',
  measure: 'host-cpu-ratio',
  limit: 0.5,
  direction: 'at-most',
  ...given,
})

describe('goals', () => {
  test('are found by scenario and measure', () => {
    expect(goalFor('mqtt-subscribe-values', 'host-cpu-ratio')?.limit).toBe(0.3)
    expect(goalFor('mqtt-subscribe-values', 'throughput-ratio')).toMatchObject({
      limit: 0.75,
      direction: 'at-least',
    })
    expect(goalFor('mqtt-subscribe-values', 'memory')).toBeUndefined()
    expect(goalFor('unknown', 'host-cpu-ratio')).toBeUndefined()
  })

  test('each belongs to a scenario that reports the measure, once', () => {
    const keys = GOALS.map(({ scenario, measure }) => `${scenario} ${measure}`)
    const reported = SCENARIOS.flatMap(({ name, measures }) => measures.map((each) => `${name} ${each}`))
    expect(reported).toEqual(expect.arrayContaining(keys))
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('scenarios have names of their own', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length)
  })

  test('are met at their limit', () => {
    expect(meets(goal({}), 0.5)).toBe(true)
    expect(meets(goal({}), 0.51)).toBe(false)
    expect(meets(goal({ direction: 'at-least' }), 0.5)).toBe(true)
    expect(meets(goal({ direction: 'at-least' }), 0.49)).toBe(false)
  })
})

describe('judging', () => {
  const scenario = { name: 's', title: 'S', measures: ['host-cpu-ratio', 'added-latency'] } as const

  test('takes the median of the ratios, not the ratio of the medians', () => {
    const rounds = [
      { gateway: { hostMicros: 1 }, plain: { hostMicros: 10 } },
      { gateway: { hostMicros: 2 }, plain: { hostMicros: 4 } },
      { gateway: { hostMicros: 9 }, plain: { hostMicros: 10 } },
    ]
    expect(judge(scenario, rounds, [goal({})])[0]).toMatchObject({
      ratio: 0.5,
      value: 0.5,
      spread: [0.1, 0.9],
      gateway: { hostMicros: 2 },
      plain: { hostMicros: 10 },
      goal: { limit: 0.5, direction: 'at-most' },
      met: true,
    })
  })

  test('a difference is held against its goal, and its ratio is told', () => {
    const rounds = [{ gateway: { latencyMicros: 90 }, plain: { latencyMicros: 45 } }]
    const goals = [goal({ measure: 'added-latency', limit: 40 })]
    expect(judge(scenario, rounds, goals)[1]).toMatchObject({ value: 45, unit: 'µs', ratio: 2, met: false })
  })

  test('what could not be measured meets nothing and misses nothing', () => {
    const rounds = [{ gateway: { perSecond: 1 }, plain: { perSecond: 1 } }]
    expect(judge(scenario, rounds, [goal({})])[0]).toMatchObject({ value: null, ratio: null, met: null })
  })

  test('a scenario without a plain counterpart is judged by its own figure', () => {
    const alone = { name: 's', title: 'S', measures: ['duration'] } as const
    const rounds = [{ gateway: { durationMs: 30 } }, { gateway: { durationMs: 10 } }]
    expect(judge(alone, rounds, [])[0]).toMatchObject({ value: 20, plain: null, ratio: null, met: null })
  })
})
