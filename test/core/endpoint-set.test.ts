import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Balance, FoundAddress } from '../../src/core/discovery.js'
import { EndpointSet } from '../../src/core/endpoint-set.js'

const at = (address: string, weight = 1, priority = 0): FoundAddress => ({ address, weight, priority })
function setOf(found: readonly FoundAddress[], balance: Balance = 'round_robin'): EndpointSet {
  const set = new EndpointSet({ balance, ejectMs: 100 })
  set.replace(found)
  return set
}
const take = (set: EndpointSet, count: number, now = 0) =>
  Array.from({ length: count }, () => set.next(now)).join('')

describe('a set of endpoints', () => {
  test('gives each in turn', () => {
    expect(take(setOf([at('a'), at('b'), at('c')]), 7)).toBe('abcabca')
    expect(setOf([]).next(0)).toBeUndefined()
  })

  test('gives each as often as it weighs, and spread out', () => {
    expect(take(setOf([at('a', 5), at('b', 1), at('c', 1)]), 7)).toBe('aabacaa')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const set = setOf(weights.map((weight, i) => at(String.fromCharCode(97 + i), weight)))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const round = take(set, total)
        weights.forEach((weight, i) => {
          expect(round.split(String.fromCharCode(97 + i)).length - 1).toBe(weight)
        })
      }),
    )
  })

  test('gives the one with the fewest requests under way, in turn where they are level', () => {
    const set = setOf([at('a'), at('b'), at('c')], 'least_pending')
    const pending = new Map([
      ['a', 3],
      ['b', 1],
      ['c', 1],
    ])
    const next = () => set.next(0, (address) => pending.get(address)!)
    expect([next(), next(), next()]).toEqual(['b', 'c', 'b'])
    pending.set('c', 0)
    expect(next()).toBe('c')
  })

  test('leaves out for a while what could not be reached', () => {
    const set = setOf([at('a'), at('b')])
    set.failed('a', 0)
    expect([take(set, 3, 99), set.usable(99)]).toEqual(['bbb', ['b']])
    expect(set.usable(100)).toEqual(['a', 'b'])
    set.failed('b', 100)
    set.succeeded('b')
    expect(set.usable(100)).toEqual(['a', 'b'])
  })

  test('where all are left out gives the one that has waited longest: better than none', () => {
    const set = setOf([at('a'), at('b')])
    set.failed('a', 10)
    set.failed('b', 0)
    expect(set.usable(20)).toEqual(['b'])
  })

  test('goes to a lower priority only when nobody is left above', () => {
    const set = setOf([at('a', 1, 1), at('b', 1, 1), at('z', 1, 2)])
    set.failed('a', 0)
    expect(set.usable(0)).toEqual(['b'])
    set.failed('b', 0)
    expect(take(set, 2)).toBe('zz')
    expect(set.usable(100)).toEqual(['a', 'b'])
  })

  test('what is found again keeps its record, and what is not is forgotten', () => {
    const set = setOf([at('a'), at('b')])
    set.failed('a', 0)
    expect(set.replace([at('b'), at('a')])).toBe(false)
    expect(set.usable(50)).toEqual(['b'])
    expect(set.replace([at('b'), at('c')])).toBe(true)
    expect([set.has('a'), set.size]).toEqual([false, 2])
    set.replace([at('a'), at('b')])
    expect(set.usable(50)).toEqual(['a', 'b'])
  })
})
