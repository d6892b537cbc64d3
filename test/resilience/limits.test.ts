import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deposited, fullBucket, refilled, timeUntil, withdrawn } from '../../src/core/token-bucket.js'
import { RateLimiter } from '../../src/resilience/rate-limiter.js'
import { RetryBudget } from '../../src/resilience/retry-budget.js'
import { ManualClock } from '../../src/testing/index.js'

const settings = { capacity: 4, tokensPerMs: 0.01 }

describe('a token bucket', () => {
  test('begins full, is emptied token by token, and fills up with time and no further', () => {
    let bucket = fullBucket(settings, 0)
    for (let i = 0; i < 4; i++) bucket = withdrawn(bucket)!
    expect(withdrawn(bucket)).toBeUndefined()
    expect(withdrawn(refilled(bucket, settings, 99))).toBeUndefined()
    expect(withdrawn(refilled(bucket, settings, 100))?.tokens).toBeCloseTo(0)
    expect(refilled(bucket, settings, 1e9).tokens).toBe(4)
    expect(deposited(bucket, settings, 9).tokens).toBe(4)
  })

  test('says when there will be so many', () => {
    expect(timeUntil({ tokens: 0.5, at: 0 }, settings, 1)).toBe(50)
    expect(timeUntil({ tokens: 2, at: 0 }, settings, 1)).toBe(0)
    expect(timeUntil({ tokens: 0, at: 0 }, { capacity: 1, tokensPerMs: 0 }, 1)).toBe(Number.POSITIVE_INFINITY)
  })

  test('a clock that goes back takes nothing away and gives nothing twice', () => {
    const bucket = refilled({ tokens: 1, at: 1_000 }, settings, 0)
    expect(bucket).toEqual({ tokens: 1, at: 1_000 })
  })
})

describe('a rate limit', () => {
  test('never lets more through than a burst and the rate, whatever the times of asking', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 60 }),
        async (requests, burst, pauses) => {
          const clock = new ManualClock()
          const limiter = new RateLimiter({ requests, perMs: 1_000, burst, excess: 'fail' }, clock)
          let elapsed = 0
          let admitted = 0
          for (const pause of pauses) {
            await clock.advance(pause)
            elapsed += pause
            while (limiter.admit()) admitted++
            expect(admitted).toBeLessThanOrEqual(burst + (requests * elapsed) / 1_000 + 1e-6)
          }
        },
      ),
    )
  })

  test('the wait it names is the wait it takes', async () => {
    const clock = new ManualClock()
    const limiter = new RateLimiter({ requests: 3, perMs: 1_000, burst: 1, excess: 'fail' }, clock)
    expect([limiter.admit(), limiter.admit()]).toEqual([true, false])
    const wait = limiter.wait(1)
    await clock.advance(Math.ceil(wait) - 1)
    expect([limiter.admit(), limiter.admit()]).toEqual([true, false])
    await clock.advance(Math.ceil(limiter.wait(0)))
    expect(limiter.admit()).toBe(true)
  })
})

describe('a retry budget', () => {
  test('allows a share of the requests, once its reserve is used up', () => {
    const budget = new RetryBudget({ share: 0.2, minPerSecond: 0 }, new ManualClock())
    let retries = 0
    for (let i = 0; i < 1_000; i++) {
      budget.requested()
      // Every request fails and would be tried again and again.
      while (budget.allowsRetry()) retries++
    }
    expect(retries).toBeGreaterThanOrEqual(200)
    expect(retries).toBeLessThanOrEqual(211)
  })

  test('allows so many a second to whoever requests little', async () => {
    const clock = new ManualClock()
    const budget = new RetryBudget({ share: 0, minPerSecond: 2 }, clock)
    while (budget.allowsRetry());
    await clock.advance(5_000)
    let retries = 0
    while (budget.allowsRetry()) retries++
    expect(retries).toBe(10)
  })
})
