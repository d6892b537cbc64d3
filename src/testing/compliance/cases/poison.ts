import assert from 'node:assert/strict'
import type { DeadMessage } from '../../../core/events.js'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

/** Cases for messages that can never be handled: they slow down, end, and state the reason. */
export const poisonCases: readonly ComplianceCase[] = [
  {
    name: 'a message whose handler always throws holds up no other, and ends as a dead letter with the error',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery', 'attempts'],
    async run(context) {
      const queue = context.name('poison')
      const dead: DeadMessage[] = []
      context.gateway.on('message:dead', (event) => dead.push(event))
      await soon(context.queue('other').send(queue, -1), 'send')
      const seen: number[] = []
      const attempts: number[] = []
      const consumer = context.queue().consume<number>(queue, { maxDeliveries: 4 })
      const work = consumer.each(({ value, attempt }) => {
        seen.push(value)
        if (value >= 0) return
        attempts.push(attempt)
        throw new RangeError('the order has no lines')
      })
      await eventually(() => attempts.length === 2, 'it is delivered again')
      for (let n = 0; n < 5; n++) await soon(context.queue('other').send(queue, n), 'send')
      await eventually(() => dead.length === 1, 'it is a dead letter')
      await eventually(() => seen.length === 9, 'the others are handled')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
      assert.deepEqual(attempts, [1, 2, 3, 4])
      assert.match(dead[0]!.reason, /the order has no lines/)
      assert.deepEqual([dead[0]!.queue, dead[0]!.attempts], [queue, 4])
      // The delay before the last delivery is long enough for all others.
      assert.ok(seen.lastIndexOf(-1) > seen.indexOf(0), 'others pass it')
      await context.empty(queue)
    },
  },
  {
    name: 'a payload that cannot be decoded is a dead letter at once, with the reason',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('undecodable')
      const dead: DeadMessage[] = []
      context.gateway.on('message:dead', (event) => dead.push(event))
      const bytes = new Uint8Array([0xc1, 0x7b])
      await soon(context.queue('other').send(queue, bytes, { format: 'binary' }), 'send')
      await soon(context.queue('other').send(queue, 'fine'), 'send')
      const seen: unknown[] = []
      const consumer = context.queue().consume(queue)
      const work = consumer.each(({ value }) => void seen.push(value))
      await eventually(() => seen.length === 1 && dead.length === 1, 'one arrives, and one is a dead letter')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
      assert.deepEqual(seen, ['fine'])
      const [{ queue: from, bytes: payload, attempts, reason }] = dead as [DeadMessage]
      assert.deepEqual([from, attempts], [queue, 1])
      assert.deepEqual([...(payload ?? [])], [...bytes])
      assert.notEqual(reason, '')
      await context.empty(queue)
    },
  },
]
