import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Deque } from '../../src/core/deque.js'
import { pack, unpack } from '../../src/mailbox/packing.js'
import { RunBuilder } from '../../src/mailbox/runs.js'
import { SizeEstimate } from '../../src/mailbox/size-estimate.js'

describe('deque', () => {
  type Step = { readonly op: 'push' | 'unshift'; readonly n: number } | { readonly op: 'shift' | 'clear' }
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('push', 'unshift'), n: fc.nat() }) },
    { weight: 5, arbitrary: fc.record({ op: fc.constant('shift' as const) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('clear' as const) }) },
  )

  test('does what an array does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const [deque, array] = [new Deque<number>(), [] as number[]]
        for (const each of steps) {
          if (each.op === 'push') [deque.push(each.n), array.push(each.n)]
          else if (each.op === 'unshift') [deque.unshift(each.n), array.unshift(each.n)]
          else if (each.op === 'shift') expect(deque.shift()).toBe(array.shift())
          else [deque.clear(), array.splice(0)]
          expect([deque.size, deque.peek(), [...deque]]).toEqual([array.length, array[0], array])
        }
      }),
    )
  })
})

describe('packing', () => {
  test('gives back every payload', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (payloads) => {
        const packed = pack(payloads)
        expect(packed.buffer.byteLength).toBe(payloads.reduce((sum, { length }) => sum + length, 0))
        expect(payloads.map((_, i) => [...unpack(packed, i)])).toEqual(payloads.map((bytes) => [...bytes]))
      }),
    )
  })

  test('copies what is a part of a larger buffer, and leaves that alone', () => {
    const large = new Uint8Array([1, 2, 3, 4, 5])
    const packed = pack([large.subarray(1, 3), large.subarray(4)])
    large.fill(9)
    expect([...unpack(packed, 0), ...unpack(packed, 1)]).toEqual([2, 3, 5])
  })
})

describe('runs', () => {
  test('one topic is written once, several are written each, and extras belong to their message', () => {
    const same = new RunBuilder(7, 'values')
    for (const value of ['a', 'b']) same.add(4, value, 10, undefined)
    expect(same.finish()).toEqual({
      source: 7,
      count: 2,
      topics: 4,
      payload: { kind: 'values', values: ['a', 'b'] },
      bytes: 20,
      extras: undefined,
    })
    const mixed = new RunBuilder(1, 'packed')
    mixed.add(4, new Uint8Array([1]), 1, undefined)
    mixed.add(4, new Uint8Array([2, 3]), 2, { retain: true })
    mixed.add(5, new Uint8Array([]), 0, undefined)
    const run = mixed.finish()
    expect(run.topics).toEqual([4, 4, 5])
    expect(run.extras).toEqual([undefined, { retain: true }, undefined])
    expect(run.bytes).toBe(3)
    expect(run.payload.kind === 'packed' && [...unpack(run.payload.packed, 1)]).toEqual([2, 3])
  })
})

describe('size estimate', () => {
  test('bytes and text weigh what they are', () => {
    const estimate = new SizeEstimate()
    expect(estimate.of(new Uint8Array(1_000))).toBe(1_000)
    expect(estimate.of('x'.repeat(500))).toBe(500)
    expect(estimate.of(1)).toBe(16)
  })

  test('a flood of large values is noticed with its next sample, of small ones slowly', () => {
    const estimate = new SizeEstimate()
    for (let i = 0; i < 200; i++) estimate.of({ n: 1 })
    const large = { text: 'x'.repeat(100_000) }
    let calls = 0
    while (estimate.of(large) < 100_000) expect(++calls).toBeLessThan(100)
    // A sample of a small one or two, and it is still thought to be large.
    for (let i = 0; i < 100; i++) estimate.of({ n: 1 })
    expect(estimate.of({ n: 1 })).toBeGreaterThan(10_000)
    for (let i = 0; i < 5_000; i++) estimate.of({ n: 1 })
    expect(estimate.of({ n: 1 })).toBeLessThan(100)
  })

  test('bytes within a value count, and a huge array is not walked to its end', () => {
    expect(new SizeEstimate().of({ a: [new Uint8Array(5_000)] })).toBeGreaterThan(5_000)
    expect(new SizeEstimate().of(new Array(1_000_000).fill(0))).toBeGreaterThan(15_000_000)
  })

  test('a cycle ends', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    expect(new SizeEstimate().of(cycle)).toBeGreaterThan(0)
  })

  test('what cannot be looked at is taken for what came before', () => {
    const broken = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    expect(new SizeEstimate().of(broken)).toBe(0)
  })
})
