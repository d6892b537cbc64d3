import { expect, test } from 'vitest'
import { HeldMemory } from '../../src/actor/held-memory.js'
import { ManualClock } from '../../src/testing/index.js'

const MB = 1024 * 1024

/** Allocates array buffers and drops them. */
function makeGarbage(bytes: number): void {
  for (let made = 0; made < bytes; made += MB) new Uint8Array(MB).fill(1)
}

test('garbage does not count above the mark, however soon after a collection', () => {
  const clock = new ManualClock()
  // The mark follows from what this process holds.
  const mark = new HeldMemory(clock, 1).measure() + 24 * MB
  const held = new HeldMemory(clock, mark)
  for (let round = 0; round < 20; round++) {
    makeGarbage(30 * MB)
    expect(held.measure()).toBeLessThanOrEqual(mark)
  }
})

test('what closed sources have left is collected once, when no more are closed', async () => {
  let closed = 0
  let collections = 0
  const clock = new ManualClock()
  const held = new HeldMemory(
    clock,
    4_096 * MB,
    () => closed,
    () => collections++,
  )
  const seen: number[] = []
  for (const closing of [600, 0, 600, 600, 0, 0, 900, 0, 100, 0]) {
    closed += closing
    await clock.advance(500)
    held.measure()
    seen.push(collections)
  }
  expect(seen).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 2])
})
