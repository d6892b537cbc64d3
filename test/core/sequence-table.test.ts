import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SequenceTable } from '../../src/core/sequence-table.js'

describe('SequenceTable', () => {
  it('is a map, whatever comes and goes', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('set' as const) },
      { weight: 2, arbitrary: fc.record({ take: fc.nat(60) }) },
      { weight: 1, arbitrary: fc.record({ again: fc.nat(60) }) },
      { weight: 1, arbitrary: fc.record({ skip: fc.nat(100) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.nat(2 ** 32), (steps, first) => {
        const table = new SequenceTable<string>()
        const model = new Map<number, string>()
        let next = first
        for (const one of steps) {
          if (one === 'set') {
            table.set(next, `v${next}`)
            model.set(next, `v${next}`)
            next++
          } else if ('skip' in one) next += one.skip
          else if ('again' in one) {
            const number = next - one.again
            if (!model.has(number)) continue
            table.set(number, `again ${number}`)
            model.set(number, `again ${number}`)
          } else {
            const number = next - one.take
            expect(table.take(number)).toBe(model.get(number))
            model.delete(number)
          }
          expect(table.size).toBe(model.size)
          expect(table.get(next - 1)).toBe(model.get(next - 1))
          expect(table.has(next - 7)).toBe(model.has(next - 7))
        }
        expect(table.entries()).toEqual([...model])
        expect(table.values()).toEqual([...model.values()])
        expect(table.first((value) => value.endsWith('3'))).toBe(
          table.values().find((value) => value.endsWith('3')),
        )
        expect(table.first(() => true)).toBe(table.values()[0])
        table.clear()
        expect([table.size, table.values(), table.get(next - 1)]).toEqual([0, [], undefined])
      }),
    )
  })

  it('keeps one that stays while many pass, and takes numbers that begin anew', () => {
    const table = new SequenceTable<number>()
    table.set(3, -1)
    for (let round = 0; round < 3; round++)
      for (let n = 4; n < 70_000; n++) {
        table.set(n, n)
        expect(table.take(n)).toBe(n)
      }
    expect(table.take(3)).toBe(-1)
    expect(table.take(3)).toBeUndefined()
    expect(table.size).toBe(0)
  })

  it('finds each of ten thousand', () => {
    const table = new SequenceTable<number>()
    for (let n = 0; n < 10_000; n++) table.set(n, n)
    for (let n = 9_999; n >= 0; n -= 3) expect(table.take(n)).toBe(n)
    expect(table.values()).toEqual(Array.from({ length: 10_000 }, (_, n) => n).filter((n) => n % 3 !== 0))
  })
})
