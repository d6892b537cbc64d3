import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { medianFigures } from '../../bench/measure/figures.js'
import { median, quantile, spread } from '../../bench/measure/statistics.js'

// Without -0, which no measurement gives: sorting does not tell it from 0.
const values = fc.array(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0),
  { minLength: 1 },
)

describe('statistics', () => {
  test('the median is the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([7])).toBe(7)
  })

  test('nothing has neither median nor spread', () => {
    expect(median([])).toBeUndefined()
    expect(quantile([], 0.9)).toBeUndefined()
    expect(spread([])).toBeUndefined()
  })

  test('sorts by number, not by text', () => {
    expect(median([10, 9, 100])).toBe(10)
  })

  test('a quantile lies between its neighbours', () => {
    expect(quantile([0, 10, 20, 30, 40], 0.25)).toBe(10)
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
  })

  test('quantiles rise from the smallest to the largest value and leave their input alone', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (given, q) => {
        const before = [...given]
        const [low, high] = spread(given)!
        expect(quantile(given, 0)).toBe(low)
        expect(quantile(given, 1)).toBe(high)
        // The mean of two neighbours may differ from both in the last digit.
        expect(quantile(given, q)!).toBeGreaterThanOrEqual(low - 1e-6)
        expect(quantile(given, q)!).toBeLessThanOrEqual(high + 1e-6)
        expect(given).toEqual(before)
      }),
    )
  })

  test('figures are summed up one by one, over the rounds that have them', () => {
    expect(
      medianFigures([{ perSecond: 1, hostMicros: 5 }, { perSecond: 3 }, { perSecond: 2, hostMicros: 7 }]),
    ).toEqual({ perSecond: 2, hostMicros: 6 })
  })
})
