import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HOPS_HEADER, hop, MAX_HOPS, readHops, writeHops } from '../../src/dataflow/hops.js'

test('hops are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: MAX_HOPS }), (hops) => {
      const text = writeHops(hops)
      expect(text).toMatch(/^[!-~]*$/)
      expect(readHops({ [HOPS_HEADER]: text })).toEqual(hops)
    }),
  )
})

test('a header that anybody may have written does no harm', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readHops({ [HOPS_HEADER]: text }).length).toBeLessThanOrEqual(MAX_HOPS)
    }),
  )
  expect(readHops({ [HOPS_HEADER]: '%' })).toEqual(['%'])
  expect(readHops({ [HOPS_HEADER]: 'a,'.repeat(1e5) })).toHaveLength(MAX_HOPS)
  expect(readHops({})).toEqual([])
  expect(readHops(undefined)).toEqual([])
})

test('too many hops are a loop, which the error names', () => {
  let hops: readonly string[] = []
  for (let i = 0; i < MAX_HOPS; i++) hops = hop(hops, i % 2 === 0 ? 'a' : 'b')
  expect(() => hop(hops, 'a')).toThrow(
    'stopped after 16 actions that follow from each other: action.a → action.b → action.a is a loop',
  )
})
