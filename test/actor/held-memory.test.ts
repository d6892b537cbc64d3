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
