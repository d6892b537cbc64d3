import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterAttempt } from '../../../src/actor/routes/attempts.js'
import { Lanes } from '../../../src/actor/routes/lanes.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { SerializeError, TimeoutError } from '../../../src/core/errors/operation.js'
import { EnqueueError } from '../../../src/core/errors/queue.js'
import { RpcError } from '../../../src/core/errors/rpc.js'

interface Item {
  readonly n: number
  readonly key: string | undefined
}

test('keeps the limit, and the order within each key', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }), { maxLength: 40 }),
      fc.infiniteStream(fc.nat()),
      (limit, keys, choices) => {
        const begun: Item[] = []
        const finished: Item[] = []
        const lanes = new Lanes<Item>(limit, (item) => begun.push(item))
        const endOne = () => {
          const index = choices.next().value! % begun.length
          const [item] = begun.splice(index, 1)
          finished.push(item!)
          lanes.ended(item!)
        }
        for (const [n, key] of keys.entries()) {
          lanes.add({ n, key })
          expect(begun.length).toBeLessThanOrEqual(limit)
          const inUse = begun.flatMap((item) => item.key ?? [])
          expect(new Set(inUse).size).toBe(inUse.length)
          if (begun.length > 0 && choices.next().value! % 2 === 0) endOne()
        }
        while (begun.length > 0) endOne()
        expect(finished).toHaveLength(keys.length)
        for (const key of ['a', 'b', 'c']) {
          const order = finished.filter((item) => item.key === key).map(({ n }) => n)
          expect(order).toEqual([...order].sort((a, b) => a - b))
        }
      },
    ),
  )
})

test('items that end at once do not nest calls', () => {
  let count = 0
  const lanes: Lanes<Item> = new Lanes<Item>(1, (item) => {
    count++
    lanes.ended(item)
  })
  for (let n = 0; n < 100_000; n++) lanes.add({ n, key: 'same' })
  expect(count).toBe(100_000)
})

test.each([
  ['no connection', new ConnectionError('gone'), true, 'again'],
  ['a time-out without a connection', new TimeoutError('publish'), false, 'again'],
  ['a time-out', new TimeoutError('publish'), true, 'counts'],
  ['a refusal that may pass', new EnqueueError('q', 'full', { retryable: true }), true, 'counts'],
  ['a refusal for good', new EnqueueError('q', 'no', { retryable: false }), true, 'refused'],
  ['an error answer', new RpcError(1, 'no'), true, 'refused'],
  ['a value that cannot be encoded', new SerializeError('no'), true, 'refused'],
  [
    'a connection that it ends again and again',
    new ConnectionError('no', { retryable: false }),
    true,
    'refused',
  ],
])('after %s', (_, error, isConnected, expected) => {
  const next = afterAttempt(error, 1, 1, 5, isConnected)
  expect(next.kind === 'again' && next.counts ? 'counts' : next.kind).toBe(expected)
})

test('gives up after the last attempt, and never while the sink is away', () => {
  const full = new EnqueueError('q', 'full', { retryable: true })
  expect(afterAttempt(full, 5, 1, 5, true).kind).toBe('refused')
  const away = afterAttempt(new ConnectionError('gone'), 1, 1_000, 5, false)
  expect(away).toEqual({ kind: 'again', afterMs: 5_000, counts: false })
})
