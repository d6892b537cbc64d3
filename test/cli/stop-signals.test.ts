import { expect, test } from 'vitest'
import { distinctSignals } from '../../src/cli/stop-signals.js'
import { StepClock } from '../support/step-clock.js'

test('a signal that arrives twice at once is one; again later, or another one, is a second', async () => {
  const clock = new StepClock()
  const isDistinct = distinctSignals(clock)
  expect(isDistinct('SIGTERM')).toBe(true)
  await clock.advance(50)
  expect(isDistinct('SIGTERM')).toBe(false)
  expect(isDistinct('SIGINT')).toBe(true)
  await clock.advance(101)
  expect(isDistinct('SIGINT')).toBe(true)
})
