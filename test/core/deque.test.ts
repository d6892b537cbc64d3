import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deque } from '../../src/core/deque.js'

describe('Deque', () => {
  it('is first in, first out, whatever is done to it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(), fc.constant('shift' as const)), { maxLength: 300 }),
        (steps) => {
          const deque = new Deque<number>()
          const model: number[] = []
          for (const step of steps) {
            if (step === 'shift') expect(deque.shift()).toBe(model.shift())
            else {
              deque.push(step)
              model.push(step)
            }
            expect(deque.size).toBe(model.length)
            expect(deque.peek()).toBe(model[0])
          }
        },
      ),
    )
  })

  it('takes a hundred thousand and gives them back in order', () => {
    const deque = new Deque<number>()
    for (let i = 0; i < 100_000; i++) deque.push(i)
    let next = 0
    while (deque.size > 0) expect(deque.shift() === next++).toBe(true)
    expect(next).toBe(100_000)
  })
})
