import assert from 'node:assert/strict'
import type { ActorCrashedError } from '../../../core/errors/lifecycle.js'
import type { ComplianceCase } from '../case.js'
import { eventually, rejected, soon } from '../waiting.js'

/** Cases for what survives the crash of an actor (docs/delivery.md). */
export const crashCases: readonly ComplianceCase[] = [
  {
    name: 'a subscription goes on after a crash of its actor',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('survivor')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      await soon(context.pubsub('other').publish(topic, 1), 'publish')
      assert.equal((await context.take(subscription, 1))[0]!.value, 1)
      await context.crash()
      // The integration publishes only after its subscriptions are restored.
      await soon(context.pubsub().publish(topic, 2), 'publish after the crash')
      assert.equal((await context.take(subscription, 1))[0]!.value, 2)
    },
  },
  {
    name: 'publishes that were accepted before a crash are made by the successor',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('accepted')
      const subscription = await soon(context.pubsub('other').subscribe<number>(topic), 'subscribe')
      const restarted = context.restarted()
      await context.kill()
      const sent = Array.from({ length: 200 }, (_, n) => context.pubsub().publish(topic, n))
      await soon(Promise.all(sent), 'publish')
      await soon(restarted, 'restart')
      const seen = new Set<number>()
      while (seen.size < 200) seen.add((await context.take(subscription, 1))[0]!.value)
      assert.deepEqual(
        [...seen].sort((a, b) => a - b),
        Array.from({ length: 200 }, (_, n) => n),
      )
    },
  },
  {
    name: 'messages that were accepted before a crash are sent by the successor',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('accepted')
      const restarted = context.restarted()
      await context.kill()
      const sent = Array.from({ length: 50 }, (_, n) => context.queue().send(queue, n))
      const ids = await soon(Promise.all(sent), 'send')
      assert.ok(ids.every((id) => typeof id === 'string'))
      await soon(restarted, 'restart')
      const seen = new Set<number>()
      const consumer = context.queue('other').consume<number>(queue, { concurrency: 10 })
      const work = consumer.each(({ value }) => void seen.add(value))
      await eventually(() => seen.size === 50, 'all of them arrive')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
    },
  },
  {
    name: 'a message in hand comes again after a crash, and an ack of the earlier life answers false',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('in-hand')
      await soon(context.queue('other').send(queue, 'precious'), 'send')
      const first = await context.receive(queue)
      await context.crash()
      assert.equal(await soon(first.ack(), 'ack of an earlier life'), false)
      const second = await context.receive(queue)
      assert.equal(second.value, 'precious')
      assert.notEqual(second.id, first.id)
      assert.equal(await soon(context.queue().ack(first.id), 'ack of the earlier life by id'), false)
      assert.equal(await soon(second.ack(), 'ack'), true)
      await context.empty(queue)
    },
  },
  {
    name: 'a consumer goes on after a crash of its actor',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('consumer')
      const seen = new Set<number>()
      const consumer = context.queue().consume<number>(queue, { concurrency: 4 })
      const work = consumer.each(({ value }) => void seen.add(value))
      await soon(context.queue('other').send(queue, 0), 'send')
      await eventually(() => seen.has(0), 'the first message')
      await context.crash()
      for (let n = 1; n < 20; n++) await soon(context.queue('other').send(queue, n), 'send')
      await eventually(() => seen.size === 20, 'all messages')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
    },
  },
  {
    name: 'a call that may be repeated survives a crash, and any other says that it may have been done',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const method = context.method('slow')
      const idempotent = context.rpc().call(method, { ms: 300, value: 'twice' }, { idempotent: true })
      const once = context.rpc().call(method, { ms: 300, value: 'once' })
      const failed = rejected<ActorCrashedError>(once, 'actor-crashed', 'a call that may not be repeated')
      await eventually(() => context.metrics().depths.operations === 2, 'both calls are in flight')
      await context.crash()
      const error = await failed
      assert.equal(error.maybeExecuted, true)
      assert.equal(error.integration, 'subject')
      assert.equal(await soon(idempotent, 'the idempotent call'), 'twice')
    },
  },
]
