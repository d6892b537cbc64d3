import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

/** Losing the connection, and making it again. */
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
    name: 'subscriptions stand again after the connection was made anew',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('anew')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      for (let n = 0; n < 3; n++) {
        await soon(context.gateway.connections.reconnect('subject'), 'reconnect')
        await soon(context.pubsub().publish(topic, n), 'publish')
        assert.equal((await context.take(subscription, 1))[0]!.value, n)
      }
    },
  },
  {
    name: 'calls work again after the connection was made anew',
    needs: ['call'],
    async run(context) {
      await context.serve()
      await soon(context.gateway.connections.reconnect('subject'), 'reconnect')
      const echo = () => context.rpc().call(context.method('echo'), [1])
      assert.deepEqual(await soon(echo(), 'call'), [1])
    },
  },
  {
    name: 'consumers go on after the connection was made anew, and a message in hand comes again',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('anew')
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
      // A publish from another side may be earlier than our subscription: so it is repeated.
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
]
