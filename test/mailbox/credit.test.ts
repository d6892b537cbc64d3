import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CreditGiver, CreditTaker, newCredit } from '../../src/mailbox/credit.js'

function pair(messages: number, bytes: number) {
  const shared = newCredit()
  return { giver: new CreditGiver(shared), taker: new CreditTaker(shared, { messages, bytes }) }
}

describe('credit', () => {
  test('is what the window has left, and comes back', () => {
    const { giver, taker } = pair(10, 1_000)
    expect(taker.available()).toBe(10)
    taker.take(4, 100)
    expect(taker.available()).toBe(6)
    giver.give(3, 90)
    expect(taker.available()).toBe(9)
    taker.take(9, 0)
    expect(taker.available()).toBe(0)
  })

  test('ends with the bytes, and one message of any size fits an empty window', () => {
    const { giver, taker } = pair(10, 1_000)
    taker.take(1, 5_000)
    expect(taker.available()).toBe(0)
    giver.give(1, 5_000)
    expect(taker.available()).toBe(10)
  })

  test('the giver wakes the taker once, and only if it has stalled', () => {
    const { giver, taker } = pair(2, 100)
    taker.take(2, 2)
    expect(giver.give(0, 0)).toBe(false)
    expect(taker.stall()).toBe(true)
    expect(giver.give(1, 1)).toBe(true)
    expect(giver.give(1, 1)).toBe(false)
  })

  test('a taker does not stall when credit has come meanwhile, and nobody wakes it then', () => {
    const { giver, taker } = pair(1, 100)
    taker.take(1, 1)
    giver.give(1, 1)
    expect(taker.stall()).toBe(false)
    expect(giver.give(0, 0)).toBe(false)
  })

  test('counts right across the end of 32 bits', () => {
    const messages = 1_000
    const { giver, taker } = pair(messages, 2 ** 30)
    // Past 2^31 and 2^32 bytes, with a gigabyte under way at a time.
    for (let i = 0; i < 12; i++) {
      taker.take(1, 2 ** 29)
      expect(taker.available()).toBe(messages - 1)
      taker.take(1, 2 ** 29)
      expect(taker.available()).toBe(0)
      giver.give(2, 2 ** 30)
      expect(taker.available()).toBe(messages)
    }
  })

  test('never lets more out than the window, and never loses any', () => {
    const step = fc.record({ take: fc.boolean(), bytes: fc.integer({ min: 0, max: 60 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { giver, taker } = pair(5, 100)
        const out: number[] = []
        for (const { take, bytes } of steps) {
          if (take && taker.available() > 0) {
            taker.take(1, bytes)
            out.push(bytes)
          } else if (!take && out.length > 0) giver.give(1, out.shift()!)
          const spent = out.reduce((sum, each) => sum + each, 0)
          expect(out.length).toBeLessThanOrEqual(5)
          expect(taker.available()).toBe(out.length > 0 && spent >= 100 ? 0 : 5 - out.length)
        }
      }),
    )
  })
})
