import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Backoff } from '../../src/core/settings/retry.js'
import { backoffDelay } from '../../src/resilience/backoff.js'

const never = () => {
  throw new Error('without jitter no random number is drawn')
}

describe('without jitter', () => {
  const constant: Backoff = { kind: 'constant', initialMs: 250 }
  const linear: Backoff = { kind: 'linear', initialMs: 100, incrementMs: 50, maxMs: 220 }
  const exponential: Backoff = { kind: 'exponential', initialMs: 100, factor: 2, maxMs: 1_000 }

  test.each([
    [constant, 1, 250],
    [constant, 1e9, 250],
    [linear, 1, 100],
    [linear, 2, 150],
    [linear, 3, 200],
    [linear, 4, 220],
    [linear, 1e300, 220],
    [exponential, 1, 100],
    [exponential, 2, 200],
    [exponential, 4, 800],
    [exponential, 5, 1_000],
    [exponential, 2_000, 1_000],
    [exponential, 0, 100],
    [{ kind: 'exponential', initialMs: 0, factor: 2, maxMs: 1_000 }, 5_000, 0],
    [{ kind: 'exponential', initialMs: 100, factor: 2, maxMs: Infinity }, 5_000, Number.MAX_SAFE_INTEGER],
    [{ kind: 'linear', initialMs: 10, incrementMs: 0, maxMs: 100 }, Infinity, 10],
  ] satisfies [Backoff, number, number][])(
    '%j after attempt %d waits %d ms',
    (backoff, attempt, expected) => {
      expect(backoffDelay(backoff, 0, attempt, never)).toBe(expected)
    },
  )
})

test('jitter takes its share off the delay, in proportion to the random number', () => {
  const backoff: Backoff = { kind: 'constant', initialMs: 1_000 }
  expect(backoffDelay(backoff, 0.3, 1, () => 0)).toBe(1_000)
  expect(backoffDelay(backoff, 0.3, 1, () => 0.5)).toBe(850)
  expect(backoffDelay(backoff, 1, 1, () => 0.75)).toBe(250)
  expect(backoffDelay(backoff, 7, 1, () => 0.75)).toBe(250)
})

test('any delay is finite, within [d(1-j), d], and within the cap', () => {
  const ms = fc.double({ min: 0, max: 1e9, noNaN: true })
  const backoffs = fc.oneof(
    fc.record({ kind: fc.constant('constant' as const), initialMs: ms }),
    fc.record({ kind: fc.constant('linear' as const), initialMs: ms, incrementMs: ms, maxMs: ms }),
    fc.record({
      kind: fc.constant('exponential' as const),
      initialMs: ms,
      factor: fc.double({ min: 0, max: 100, noNaN: true }),
      maxMs: ms,
    }),
  )
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(backoffs, unit, fc.integer({ min: 1 }), unit, (backoff, jitter, attempt, random) => {
      const full = backoffDelay(backoff, 0, attempt, never)
      const delay = backoffDelay(backoff, jitter, attempt, () => random)
      expect(Number.isFinite(full)).toBe(true)
      expect(full).toBeLessThanOrEqual(backoff.kind === 'constant' ? backoff.initialMs : backoff.maxMs)
      expect(delay).toBeLessThanOrEqual(full)
      expect(delay).toBeGreaterThanOrEqual(full * (1 - jitter) * (1 - 1e-12))
    }),
  )
})
