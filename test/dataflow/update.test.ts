import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyUpdate, mergePatch } from '../../src/dataflow/update.js'

/** The cases of RFC 7396, appendix A: target, patch, result. */
const CASES: readonly (readonly [unknown, unknown, unknown])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

describe('a merge patch', () => {
  test.each(CASES)('of %j by %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })

  test('changes neither the target nor the patch', () => {
    const target = { a: { b: 1 } }
    mergePatch(target, { a: { c: 2 }, b: { d: null } })
    expect(target).toEqual({ a: { b: 1 } })
  })

  test('cannot change a prototype', () => {
    const patch = JSON.parse('{"__proto__": {"polluted": true}}')
    const merged = mergePatch({}, patch) as object
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    expect(Object.keys(merged)).toEqual(['__proto__'])
    expect(({} as { polluted?: boolean }).polluted).toBe(undefined)
  })

  test('by what it gave changes nothing more', () => {
    const value = fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.dictionary(fc.string(), fc.integer())))
    fc.assert(
      fc.property(value, value, (target, patch) => {
        const once = mergePatch(target, patch)
        expect(mergePatch(once, patch)).toEqual(once)
      }),
    )
  })
})

test('a list keeps the newest values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { maxLength: 50 }),
      fc.integer({ min: 1, max: 10 }),
      (values, limit) => {
        let list: unknown
        for (const value of values) {
          const update = applyUpdate(list, value, { kind: 'append', limit })
          expect(update.kind).toBe('append')
          list = update.value
        }
        expect(list ?? []).toEqual(values.slice(-limit))
      },
    ),
  )
})

test('a value is replaced, and a patch of null deletes it', () => {
  expect(applyUpdate({ a: 1 }, { b: 2 }, { kind: 'replace' })).toEqual({ value: { b: 2 }, kind: 'full' })
  expect(applyUpdate({ a: 1 }, { b: 2 }, { kind: 'partial' })).toEqual({
    value: { a: 1, b: 2 },
    kind: 'partial',
  })
  expect(applyUpdate({ a: 1 }, null, { kind: 'partial' })).toEqual({ value: null, kind: 'delete' })
})
