import { beforeEach, describe, expect, it } from 'vitest'
import { ReadPacer } from '../../../src/adapters/mqtt/read-pacer.js'
import { StepClock } from '../../support/step-clock.js'

describe('the reading of a socket', () => {
  let clock: StepClock
  let pacer: ReadPacer
  let events: string[]
  beforeEach(() => {
    clock = new StepClock()
    events = []
    pacer = new ReadPacer(clock, {
      hold: () => events.push('hold'),
      release: () => events.push('release'),
    })
  })

  it('pauses for a millisecond when small pieces come in quick succession', async () => {
    for (let i = 0; i < 4; i++) pacer.onRead(100)
    expect(events).toEqual(['hold'])
    pacer.onRead(100)
    await clock.advance(1)
    expect(events).toEqual(['hold', 'release'])
    for (let i = 0; i < 4; i++) pacer.onRead(100)
    expect(events).toEqual(['hold', 'release', 'hold'])
  })

  it('is not paused for pieces that come slowly or are large', async () => {
    for (let i = 0; i < 100; i++) {
      pacer.onRead(100)
      await clock.advance(0.5)
    }
    for (let i = 0; i < 100; i++) pacer.onRead(65_536)
    expect(events).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('is left alone once the connection has ended', async () => {
    for (let i = 0; i < 4; i++) pacer.onRead(100)
    pacer.close()
    await clock.advance(10)
    expect(events).toEqual(['hold'])
  })
})
