import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

/** Cases for single messages of queues and their settlement. */
export const queueCases: readonly ComplianceCase[] = [
  {
    name: 'what is sent to a queue is received, and gone once acknowledged',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('queue')
      const id = await soon(context.queue('other').send(queue, { n: 1 }), 'send')
      assert.equal(typeof id, 'string')
      const message = await context.receive(queue)
      assert.deepEqual(message.value, { n: 1 })
      assert.equal(message.queue, queue)
      assert.equal(message.redelivered, false)
      assert.equal(message.attempt, 1)
      assert.equal(await soon(message.ack(), 'ack'), true)
      await context.empty(queue)
    },
  },
  {
    name: 'a message that arrives while a receiver waits is received',
    needs: ['enqueue', 'dequeue'],
    async run(context) {
      const queue = context.name('waiting')
      const waiting = context.queue().receive<number>(queue, { timeout: '10s' })
      await eventually(() => context.metrics().depths.operations === 1, 'the receive is in flight')
      // A queue without persistence accepts a message only once a receiver waits.
      const send = () => context.queue('other').send(queue, 1)
      const received = waiting.then(() => true)
      const sent = async () => {
        await send().catch(() => {})
        return false
      }
      if (context.features.persistentQueue) await soon(send(), 'send')
      else await eventually(() => Promise.race([received, sent()]), 'a message is received')
      const message = await soon(waiting, 'receive')
      assert.equal(message?.value, 1)
      assert.equal(await soon(context.queue().ack(message!.id), 'ack by id'), true)
    },
  },
  {
    name: 'nothing to receive in the time allowed is undefined, not an error',
    needs: ['dequeue'],
    async run(context) {
      const queue = context.name('nothing')
      const both = [80, 120].map((timeout) => context.queue().receive(queue, { timeout }))
      assert.deepEqual(await soon(Promise.all(both), 'receive'), [undefined, undefined])
    },
  },
  {
    name: 'after a receive that timed out the next message goes to the next receiver',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('late')
      await context.empty(queue)
      await soon(context.queue('other').send(queue, 'late'), 'send')
      const message = await context.receive(queue)
      assert.equal(message.value, 'late')
      assert.equal(await soon(message.ack(), 'ack'), true)
    },
  },
  {
    name: 'a message is settled once: every later settlement answers false',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('once')
      await soon(context.queue('other').send(queue, 1), 'send')
      const message = await context.receive(queue)
      const both = await soon(Promise.all([message.ack(), message.ack()]), 'ack twice at once')
      assert.deepEqual(both, [true, false])
      assert.equal(await soon(message.nack(), 'nack after ack'), false)
      assert.equal(await soon(context.queue().ack('no such id'), 'ack of nonsense'), false)
      assert.equal(await soon(context.queue().nack('1-999999'), 'nack of an unknown delivery'), false)
      await context.empty(queue)
    },
  },
  {
    name: 'a message that is given back comes again, and says so',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('again')
      await soon(context.queue('other').send(queue, 'again'), 'send')
      const first = await context.receive(queue)
      assert.equal(await soon(first.nack(), 'nack'), true)
      const second = await context.receive(queue)
      assert.equal(second.value, 'again')
      assert.equal(second.redelivered, true)
      if (context.features.attempts) assert.deepEqual([first.attempt, second.attempt], [1, 2])
      assert.equal(await soon(second.ack(), 'ack'), true)
      await context.empty(queue)
    },
  },
  {
    name: 'a message that is given back for a while stays away that long',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery', 'delayedNack'],
    async run(context) {
      const queue = context.name('delayed')
      await soon(context.queue('other').send(queue, 1), 'send')
      const first = await context.receive(queue)
      await soon(first.nack({ delay: '1500ms' }), 'nack')
      await context.empty(queue)
      const second = await context.receive(queue)
      assert.equal(second.value, 1)
      await soon(second.ack(), 'ack')
    },
  },
  {
    name: 'headers travel with a message of a queue',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'headers'],
    async run(context) {
      const queue = context.name('headers')
      await soon(context.queue('other').send(queue, 1, { headers: { a: 'ü', b: '' } }), 'send')
      const message = await context.receive(queue)
      assert.deepEqual({ ...message.headers }, { a: 'ü', b: '' })
      await soon(message.ack(), 'ack')
    },
  },
  {
    name: 'several receivers of one queue get a message each',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('each')
      const waiting = Array.from({ length: 5 }, () =>
        context.queue().receive<number>(queue, { timeout: '10s' }),
      )
      for (let n = 0; n < 5; n++) await soon(context.queue('other').send(queue, n), 'send')
      const messages = await soon(Promise.all(waiting), 'receive')
      for (const message of messages) assert.equal(await soon(message!.ack(), 'ack'), true)
      assert.deepEqual(messages.map((message) => message!.value).sort(), [0, 1, 2, 3, 4])
    },
  },
]
