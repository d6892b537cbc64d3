import { beforeEach, describe, expect, it } from 'vitest'
import { ReadPacer } from '../../../src/adapters/mqtt/client/read-pacer.js'
import { StepClock } from '../../support/step-clock.js'

describe('the reading of a socket', () => {
  let clock: StepClock
  let pacer: ReadPacer
  let pauses: number
  let held: number
  const read = (times: number, size = 100) => {
    for (let i = 0; i < times; i++) pacer.onRead(size)
  }
  beforeEach(() => {
    clock = new StepClock()
    pauses = 0
    held = 0
    pacer = new ReadPacer(clock, {
      hold: () => {
        pauses++
        held++
      },
      release: () => held--,
    })
  })

  it('pauses for a millisecond again and again in a flood of small pieces', async () => {
    read(8)
    for (const expected of [1, 2, 3]) {
      expect([pauses, held]).toEqual([expected, 1])
      read(1)
      await clock.advance(1)
      expect([pauses, held]).toEqual([expected, 0])
      read(1)
      read(1, 20_000)
      read(2)
    }
  })

  it('tries one pause in a while when the sender waits for us', async () => {
    read(8)
    await clock.advance(1)
    read(100)
    expect(pauses).toBe(1)
    await clock.advance(100)
    read(8)
    expect(pauses).toBe(2)
  })

  it('does not pause when pieces come slowly or are large, nor for a while after what must not wait', async () => {
    for (let i = 0; i < 100; i++) {
      read(1)
      await clock.advance(0.2)
    }
    expect(pauses).toBe(0)
    pacer.rest()
    read(100)
    expect(pauses).toBe(0)
    await clock.advance(100)
    read(8)
    await clock.advance(1)
    read(100, 65_536)
    expect(pauses).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('is left alone once the connection has ended', async () => {
    read(8)
    pacer.close()
    await clock.advance(10)
    expect([pauses, held]).toEqual([1, 1])
  })
})
