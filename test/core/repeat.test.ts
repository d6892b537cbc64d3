import { expect, test } from 'vitest'
import { repeat } from '../../src/core/clock.js'
import { ManualClock, settled } from '../../src/testing/index.js'

test('a repeated task begins again when its last run has ended, until it is cancelled', async () => {
  const clock = new ManualClock()
  const ends: (() => void)[] = []
  const timer = repeat(clock, 100, () => new Promise((resolve) => ends.push(resolve)))
  await clock.advance(1_000)
  expect(ends).toHaveLength(1)
  ends[0]!()
  await settled()
  await clock.advance(99)
  expect(ends).toHaveLength(1)
  await clock.advance(1)
  expect(ends).toHaveLength(2)
  timer.cancel()
  ends[1]!()
  await settled()
  await clock.advance(1_000)
  expect(ends).toHaveLength(2)
})
