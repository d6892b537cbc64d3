import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Acceptance } from '../../src/buffer/acceptance.js'

test('the cursor is the number up to which all are done', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.record({ skipTo: fc.nat(60) })))
  fc.assert(
    fc.property(steps, (all) => {
      const acceptance = new Acceptance(0)
      const done = new Set<number>()
      for (const step of all) {
        if (typeof step === 'number') {
          expect(acceptance.done(step)).toBe(!done.has(step))
          done.add(step)
        } else {
          acceptance.skipTo(step.skipTo)
          for (let sequence = 1; sequence <= step.skipTo; sequence++) done.add(sequence)
        }
        let cursor = 0
        while (done.has(cursor + 1)) cursor++
        expect(acceptance.cursor).toBe(cursor)
        expect(acceptance.ahead).toBe(done.size - cursor)
        for (let sequence = 1; sequence <= 60; sequence++)
          expect(acceptance.isDone(sequence)).toBe(done.has(sequence))
      }
    }),
  )
})
