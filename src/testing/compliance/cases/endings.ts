import assert from 'node:assert/strict'
import type { Gateway } from '../../../gateway.js'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

const COUNT = 10

/**
 * Cases for a shutdown: it settles running work and returns the rest. They need `restartBroker`, which means that
 * the broker outlives the gateway.
 */
export const endingCases: readonly ComplianceCase[] = [
  {
    name: 'shutdown waits for running handlers: each job runs once',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery', 'restartBroker'],
    async run(context) {
      const queue = context.name('running')
      const peer = await context.peer()
      for (let n = 0; n < COUNT; n++) await soon(peer.queue('other').send(queue, n), 'send')
      const runs: number[] = []
      const release: (() => void)[] = []
      const work = context
        .queue()
        .consume<number>(queue, { concurrency: 3 })
        .each(async ({ value }) => {
          runs.push(value)
          await new Promise<void>((resolve) => release.push(resolve))
        })
      await eventually(() => release.length === 3, 'three handlers run')
      const shutdown = context.gateway.shutdown({ timeout: '10s' })
      for (const each of release) each()
      await soon(shutdown, 'shutdown')
      await soon(work, 'each ends')
      assert.equal(runs.length, 3)
      runs.push(...(await drain(peer, queue, COUNT - 3)))
      assert.deepEqual(
        runs.sort((a, b) => a - b),
        Array.from({ length: COUNT }, (_, n) => n),
      )
    },
  },
  {
    name: 'what is sent after the consumers have shut down is there for the next one',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'restartBroker'],
    async run(context) {
      const queue = context.name('between')
      const first = await context.peer()
      const handled: number[] = []
      const work = first
        .queue('other')
        .consume<number>(queue)
        .each(({ value }) => void handled.push(value))
      await soon(context.queue().send(queue, 0), 'send')
      await eventually(() => handled.length === 1, 'the first consumer handles it')
      await soon(first.shutdown({ timeout: '10s' }), 'shutdown')
      await soon(work, 'each ends')
      for (let n = 1; n < COUNT; n++) await soon(context.queue().send(queue, n), 'send')
      const rest = await drain(await context.peer(), queue, COUNT - 1)
      assert.deepEqual(
        [...handled, ...rest].sort((a, b) => a - b),
        Array.from({ length: COUNT }, (_, n) => n),
      )
    },
  },
  {
    name: 'shutdown gives back at once what no handler has seen',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery', 'restartBroker'],
    async run(context) {
      const queue = context.name('prefetched')
      const peer = await context.peer()
      for (let n = 0; n < COUNT; n++) await soon(peer.queue('other').send(queue, n), 'send')
      const consumer = context.queue().consume<number>(queue, { concurrency: COUNT })
      const messages = consumer[Symbol.asyncIterator]()
      const first = await soon(messages.next(), 'the first message')
      assert.ok(!first.done)
      await eventually(() => context.metrics().counts.delivered >= COUNT, 'all are prefetched')
      const shutdown = context.gateway.shutdown({ timeout: '10s' })
      assert.equal(await soon(first.value.ack(), 'ack'), true)
      assert.equal((await soon(messages.next(), 'the end')).done, true)
      await soon(shutdown, 'shutdown')
      const rest = await drain(peer, queue, COUNT - 1)
      assert.deepEqual(
        [first.value.value, ...rest].sort((a, b) => a - b),
        Array.from({ length: COUNT }, (_, n) => n),
      )
    },
  },
]

/** Returns the next `count` messages and asserts that there are no more. */
async function drain(peer: Gateway, queue: string, count: number): Promise<number[]> {
  const values: number[] = []
  while (values.length < count) {
    const receive = peer.queue('other').receive<number>(queue, { timeout: '10s' })
    const message = await soon(receive, `message ${values.length + 1} of ${count}`)
    assert.ok(message !== undefined, `message ${values.length + 1} of ${count} is available`)
    values.push(message.value)
    assert.equal(await soon(message.ack(), 'ack'), true)
  }
  const more = await soon(peer.queue('other').receive(queue, { timeout: 150 }), 'receive')
  assert.equal(more?.value, undefined, 'the queue is empty')
  return values
}
