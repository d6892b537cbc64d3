import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../../src/core/settings/trigger.js'
import { gateOf } from '../../../src/dataflow/triggers/gate.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

type Threshold = Extract<Condition, { kind: 'threshold' }>

function threshold(of: Partial<Threshold> = {}) {
  const clock = new ManualClock()
  const passed: unknown[] = []
  const gate = gateOf(
    { kind: 'threshold', path: [], value: 10, direction: 'above', hysteresis: 0, forMs: 0, ...of },
    {
      clock,
      data: {},
      pass: ({ trigger }) => passed.push((trigger as { value: unknown }).value),
      refuse: () => {},
    },
  )
  const offer = (...values: unknown[]) => {
    for (const value of values) gate.offer({ trigger: { value }, hops: [] })
  }
  return { clock, passed, offer, gate }
}

describe('a threshold', () => {
  test('holds once for each crossing', () => {
    const { passed, offer } = threshold()
    offer(9, 11, 12, 13, 10, 11, 8, 30)
    expect(passed).toEqual([11, 11, 30])
  })

  test('below holds on the other side', () => {
    const { passed, offer } = threshold({ direction: 'below', hysteresis: 1 })
    offer(11, 9, 8, 10.5, 9, 11, 9)
    expect(passed).toEqual([9, 9])
  })

  test('with hysteresis does not flutter', () => {
    const { passed, offer } = threshold({ hysteresis: 2 })
    offer(11, 9.5, 11, 9, 12, 8, 9, 11)
    expect(passed).toEqual([11, 11])
  })

  test('ignores what is not a number', () => {
    const { passed, offer } = threshold({ path: ['price'] })
    offer(
      { price: 11 },
      { price: 'x' },
      {},
      null,
      { price: Number.NaN },
      { price: 12 },
      { price: 3 },
      { price: 20 },
    )
    expect(passed).toEqual([{ price: 11 }, { price: 20 }])
  })

  test('for some time holds if the number stays', async () => {
    const { clock, passed, offer, gate } = threshold({ forMs: 100, hysteresis: 2 })
    offer(11)
    await clock.advance(99)
    offer(9.5)
    await clock.advance(100)
    expect(passed).toEqual([])
    offer(12)
    await clock.advance(60)
    offer(13)
    await clock.advance(40)
    expect(passed).toEqual([13])
    offer(7, 11)
    gate.stop()
    await clock.advance(1_000)
    expect(passed).toEqual([13])
    expect(clock.pending).toEqual([])
  })

  test('with hysteresis holds once for each crossing of any numbers', () => {
    const settings = fc.record({
      direction: fc.constantFrom('above' as const, 'below' as const),
      value: fc.integer({ min: -5, max: 5 }),
      hysteresis: fc.integer({ min: 0, max: 4 }),
    })
    fc.assert(
      fc.property(settings, fc.array(fc.integer({ min: -12, max: 12 })), (given, numbers) => {
        const { passed, offer } = threshold(given)
        const sign = given.direction === 'above' ? 1 : -1
        // The crossings as they are defined: beyond the threshold, with a retreat since the last.
        const expected: number[] = []
        let hasRetreated = true
        for (const number of numbers) {
          const beyond = sign * (number - given.value)
          if (beyond > 0 && hasRetreated) {
            expected.push(number)
            hasRetreated = false
          } else if (beyond <= -given.hysteresis) hasRetreated = true
        }
        offer(...numbers)
        expect(passed).toEqual(expected)
      }),
      { numRuns: 1_000 },
    )
  })
})
