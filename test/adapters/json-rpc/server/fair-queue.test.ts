import { expect, test } from 'vitest'
import { FairQueue } from '../../../../src/adapters/json-rpc/server/fair-queue.js'

test('owners take turns, and one that may not have its item is passed over', () => {
  const [greedy, other] = [{}, {}]
  const queue = new FairQueue<object, string>()
  for (const item of ['a', 'b', 'c']) queue.push(greedy, item)
  queue.push(other, 'x')
  const anyone = () => true
  expect([queue.shift(anyone), queue.shift(anyone)]).toEqual(['a', 'x'])
  expect(queue.shift((owner) => owner !== greedy)).toBeUndefined()
  expect(queue.remove(greedy)).toEqual(['b', 'c'])
  expect([queue.has(greedy), queue.shift(anyone)]).toEqual([false, undefined])
})
