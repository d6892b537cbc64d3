import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, soon } from '../waiting.js'

/** Cases for losing and restoring the connection. */
export const connectionCases: readonly ComplianceCase[] = [
  {
    name: 'a health check finds a connected integration healthy',
    needs: [],
    async run(context) {
      const health = await soon(context.gateway.connections.healthCheck(), 'health check')
      assert.equal(health.subject?.healthy, true, health.subject?.reason)
      assert.equal(health.subject?.connection, 'connected')
      const { state, connectedSince } = context.gateway.connections.status('subject')
      assert.equal(state, 'connected')
      assert.ok(connectedSince !== undefined && connectedSince > 0)
    },
  },
  {
    name: 'subscriptions are restored after a reconnect',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('reconnect')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      for (let n = 0; n < 3; n++) {
        await soon(context.gateway.connections.reconnect('subject'), 'reconnect')
        await soon(context.pubsub().publish(topic, n), 'publish')
        assert.equal((await context.take(subscription, 1))[0]!.value, n)
      }
    },
  },
  {
    name: 'calls work again after a reconnect',
    needs: ['call'],
    async run(context) {
      await context.serve()
      await soon(context.gateway.connections.reconnect('subject'), 'reconnect')
      const echo = () => context.rpc().call(context.method('echo'), [1])
      assert.deepEqual(await soon(echo(), 'call'), [1])
    },
  },
  {
    name: 'consumers continue after a reconnect, and an unsettled message is redelivered',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('reconnect')
      await soon(context.queue('other').send(queue, 'a'), 'send')
      const first = await context.receive(queue)
      await soon(context.gateway.connections.reconnect('subject'), 'reconnect')
      assert.equal(await soon(first.ack(), 'ack of an earlier connection'), false)
      const second = await context.receive(queue)
      assert.equal(second.value, 'a')
      assert.equal(await soon(second.ack(), 'ack'), true)
    },
  },
  {
    name: 'subscriptions and publishes go on when the broker has come back',
    needs: ['publish', 'subscribe', 'restartBroker'],
    async run(context) {
      const topic = context.name('broker')
      const subscription = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      await soon(context.restartBroker!(), 'the broker restarts')
      let n = 0
      const seen = new Set<number>()
      const reader = (async () => {
        for await (const { value } of subscription) seen.add(value)
      })()
      // A publish of the other side may arrive before the subscription is restored, so that it is repeated.
      await eventually(async () => {
        await soon(context.pubsub('other').publish(topic, n++), 'publish')
        return seen.size > 0
      }, 'a message arrives')
      await soon(subscription.close(), 'close')
      await soon(reader, 'the loop ends')
      assert.equal(context.metrics().counts.disconnects, 1)
      assert.equal(context.metrics().restarts, 0)
    },
  },
  {
    name: 'calls go on when the broker has come back',
    needs: ['call', 'restartBroker'],
    async run(context) {
      await context.serve()
      await soon(context.restartBroker!(), 'the broker restarts')
      const call = () => context.rpc().call(context.method('echo'), [1], { timeout: '2s' })
      await eventually(
        async () => (await call().catch(() => undefined)) !== undefined,
        'a call is answered again',
      )
    },
  },
  {
    name: 'what is made while the broker goes away never ends with a CancelledError',
    needs: ['restartBroker'],
    async run(context) {
      const errors: unknown[] = []
      let isOver = false
      const operations = await lanesOf(context)
      const lanes = [...operations, ...operations, ...operations].map(async (make) => {
        while (!isOver) await make().catch((error: unknown) => errors.push(error))
      })
      for (let n = 0; n < 2; n++) await soon(context.restartBroker!(), 'the broker restarts')
      isOver = true
      await soon(Promise.all(lanes), 'all settle')
      for (const error of errors)
        assert.notEqual((error as { kind?: unknown }).kind, 'cancelled', `nobody has cancelled: ${error}`)
    },
  },
]

/** Returns one operation of each kind that the protocol has. */
async function lanesOf(context: CaseContext): Promise<readonly (() => Promise<unknown>)[]> {
  const { features } = context
  const [topic, queue] = [context.name('lane'), context.name('jobs')]
  const limits = { timeout: '1s' }
  const lanes: (() => Promise<unknown>)[] = []
  if (features.call) {
    await context.serve()
    lanes.push(() => context.rpc().call(context.method('echo'), [1], limits))
  }
  if (features.publish) lanes.push(() => context.pubsub().publish(topic, 1, limits))
  if (features.subscribe) lanes.push(async () => (await context.pubsub().subscribe(topic, limits)).close())
  if (features.enqueue) lanes.push(() => context.queue().send(queue, 1, limits))
  if (features.dequeue)
    lanes.push(async () => (await context.queue().receive(queue, { timeout: '100ms' }))?.ack())
  return lanes
}
