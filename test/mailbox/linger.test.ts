import { expect, test } from 'vitest'
import { Bell } from '../../src/mailbox/bell.js'
import { Linger } from '../../src/mailbox/linger.js'
import { ManualClock } from '../../src/testing/index.js'

const SOON = 0.05
const LATE = 1

/** Answers and is asked again after so many milliseconds each time. @returns whether it looks on after the last answer */
async function looksOnAfter(gaps: readonly number[]): Promise<boolean> {
  const clock = new ManualClock()
  const linger = new Linger(clock)
  for (const gap of gaps) {
    linger.answered()
    await clock.advance(gap)
    linger.arrived()
  }
  return linger.shouldSpin(linger.answered())
}

test('a reader looks on where requests come right after answers, and only there', async () => {
  expect(await looksOnAfter([])).toBe(false)
  expect(await looksOnAfter([SOON])).toBe(false)
  expect(await looksOnAfter([SOON, SOON])).toBe(true)
  expect(await looksOnAfter([SOON, SOON, SOON, LATE])).toBe(false)
  expect(await looksOnAfter([SOON, SOON, LATE, SOON])).toBe(false)
  expect(await looksOnAfter([SOON, LATE, SOON, SOON])).toBe(true)
})

test('it looks on for a moment', async () => {
  const clock = new ManualClock()
  const linger = new Linger(clock)
  for (let i = 0; i < 2; i++) {
    linger.answered()
    linger.arrived()
  }
  const until = linger.answered()
  await clock.advance(SOON)
  expect(linger.shouldSpin(until)).toBe(true)
  await clock.advance(LATE)
  expect(linger.shouldSpin(until)).toBe(false)
})

test('what was sent without a request being answered says nothing of the rhythm', () => {
  const linger = new Linger(new ManualClock())
  for (let i = 0; i < 5; i++) linger.arrived()
  expect(linger.shouldSpin(linger.answered())).toBe(false)
})

test('a clock that stands still hangs nobody', () => {
  const bell = new Bell(new Int32Array(new SharedArrayBuffer(4)), 0)
  expect(bell.spin(() => true)).toBe(false)
  bell.ring()
  expect(bell.spin(() => true)).toBe(true)
})
