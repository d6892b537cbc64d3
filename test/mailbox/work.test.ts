import { expect, test } from 'vitest'
import { Work, type Worker } from '../../src/mailbox/work.js'
import { ManualClock } from '../../src/testing/index.js'

test('workers that end without being closed do not accumulate, and busy ones stay', () => {
  const work = new Work(new ManualClock())
  const busy = { isBusy: true, isOver: false }
  const idle: Worker = { isBusy: false }
  work.add(busy)
  work.add(idle)
  for (let n = 0; n < 10_000; n++) work.add({ isBusy: false, isOver: true })
  expect(work.size).toBeLessThan(200)
  expect(work.isBusy).toBe(true)
  work.remove(busy)
  expect(work.isBusy).toBe(false)
})
