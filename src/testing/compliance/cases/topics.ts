import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, soon } from '../waiting.js'

const MANY = 300

/** Cases for publishing to topics and their subscribers. */
export const topicCases: readonly ComplianceCase[] = [
  {
    name: 'a published message reaches its subscriber',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('plain')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      await soon(context.pubsub('other').publish(topic, { id: 7 }), 'publish')
      const [message] = await context.take(subscription, 1)
      assert.deepEqual(message!.value, { id: 7 })
      assert.equal(message!.topic, topic)
      assert.equal(message!.retain, false)
    },
  },
  {
    name: 'a publisher hears its own messages when it subscribes to them',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('own')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      await soon(context.pubsub().publish(topic, 'mine'), 'publish')
      assert.equal((await context.take(subscription, 1))[0]!.value, 'mine')
    },
  },
  {
    name: 'every subscriber gets every message',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('fan-out')
      const subscriptions = await Promise.all(
        Array.from({ length: 3 }, () => soon(context.pubsub().subscribe<number>(topic), 'subscribe')),
      )
      const numbers = Array.from({ length: 20 }, (_, i) => i)
      for (const n of numbers) await soon(context.pubsub('other').publish(topic, n), 'publish')
      for (const subscription of subscriptions)
        assert.deepEqual(
          (await context.take(subscription, numbers.length)).map(({ value }) => value),
          numbers,
        )
    },
  },
  {
    name: 'subscriptions that want the same topic differently both get it, and one outlives the other',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('twice')
      const values = await soon(context.pubsub().subscribe(topic), 'subscribe')
      const bytes = await soon(context.pubsub().subscribe(topic, { decode: 'bytes' }), 'subscribe')
      await soon(context.pubsub('other').publish(topic, { n: 1 }), 'publish')
      assert.deepEqual((await context.take(values, 1))[0]!.value, { n: 1 })
      assert.ok((await context.take(bytes, 1))[0]!.value instanceof Uint8Array)
      await soon(bytes.close(), 'close')
      await soon(context.pubsub('other').publish(topic, { n: 2 }), 'publish')
      assert.deepEqual((await context.take(values, 1))[0]!.value, { n: 2 })
    },
  },
  {
    name: 'a subscriber gets its own topics only',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const subscription = await soon(context.pubsub().subscribe(context.name('a/b')), 'subscribe')
      for (const name of ['a', 'a/b/c', 'a/bb', 'A/b', 'b'])
        await soon(context.pubsub().publish(context.name(name), name), 'publish')
      await soon(context.pubsub().publish(context.name('a/b'), 'right'), 'publish')
      assert.equal((await context.take(subscription, 1))[0]!.value, 'right')
    },
  },
  {
    name: 'a pattern brings the topics that match it and no others',
    needs: ['publish', 'subscribe', 'wildcards'],
    async run(context) {
      const level = await soon(context.pubsub().subscribe(context.name('w/+/x')), 'subscribe')
      const tree = await soon(context.pubsub().subscribe(context.name('w/#')), 'subscribe')
      const sent = ['w', 'w/1', 'w/1/x', 'v/1/x', 'w/1/x/y', 'w/2/x']
      for (const name of sent)
        await soon(context.pubsub('other').publish(context.name(name), name), 'publish')
      const one = await context.take(level, 2)
      assert.deepEqual(
        one.map(({ topic, value }) => [topic, value]),
        [
          [context.name('w/1/x'), 'w/1/x'],
          [context.name('w/2/x'), 'w/2/x'],
        ],
      )
      const all = await context.take(tree, 5)
      assert.deepEqual(
        all.map(({ value }) => value),
        sent.filter((name) => name.startsWith('w')),
      )
    },
  },
  {
    name: 'the messages of one publisher arrive in order on each topic',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topics = ['odd', 'even'].map((name) => context.name(name))
      const subscriptions = await Promise.all(
        topics.map((topic) => soon(context.pubsub().subscribe<number>(topic), 'subscribe')),
      )
      const sent = Array.from({ length: MANY }, (_, n) => context.pubsub('other').publish(topics[n % 2]!, n))
      await soon(Promise.all(sent), 'publish many')
      for (const [side, subscription] of subscriptions.entries()) {
        const got = (await context.take(subscription, MANY / 2)).map(({ value }) => value)
        assert.deepEqual(
          got,
          Array.from({ length: MANY / 2 }, (_, i) => 2 * i + side),
        )
      }
    },
  },
  {
    name: 'a retained message is there for a new subscriber',
    needs: ['publish', 'subscribe', 'retain'],
    async run(context) {
      const topic = context.name('retained')
      await soon(retain(context, topic, { state: 'on' }), 'publish')
      const values = await soon(context.pubsub().subscribe(topic), 'subscribe')
      // A different `decode` needs a separate subscription.
      const bytes = await soon(context.pubsub().subscribe(topic, { decode: 'bytes' }), 'subscribe')
      const [first, second] = [(await context.take(values, 1))[0]!, (await context.take(bytes, 1))[0]!]
      assert.deepEqual([first.value, first.retain, second.retain], [{ state: 'on' }, true, true])
      await soon(retain(context, topic, { state: 'off' }), 'publish')
      const live = (await context.take(values, 1))[0]!
      assert.deepEqual([live.value, live.retain], [{ state: 'off' }, false])
    },
  },
  {
    name: 'a retained message is there for a second subscriber of the same pattern',
    needs: ['publish', 'subscribe', 'retain'],
    async run(context) {
      const topic = context.name('retained')
      await soon(retain(context, topic, { state: 'on' }), 'publish')
      const seen: unknown[] = []
      for (let i = 0; i < 2; i++) {
        const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
        const [message] = await context.take(subscription, 1)
        seen.push([message!.value, message!.retain])
      }
      assert.deepEqual(seen, [
        [{ state: 'on' }, true],
        [{ state: 'on' }, true],
      ])
    },
  },
  {
    name: 'messages arrive at every quality of service',
    needs: ['publish', 'subscribe', 'qos'],
    async run(context) {
      for (const qos of [0, 1, 2] as const) {
        const topic = context.name(`qos-${qos}`)
        const subscription = await soon(context.pubsub().subscribe(topic, { qos }), 'subscribe')
        const sent = Array.from({ length: 50 }, (_, n) => context.pubsub('other').publish(topic, n, { qos }))
        await soon(Promise.all(sent), `publish at qos ${qos}`)
        const got = (await context.take(subscription, 50)).map(({ value }) => value)
        assert.deepEqual(
          got,
          Array.from({ length: 50 }, (_, n) => n),
        )
        await soon(subscription.close(), 'close')
      }
    },
  },
  {
    name: 'headers travel with a message',
    needs: ['publish', 'subscribe', 'headers'],
    async run(context) {
      const topic = context.name('headers')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      const headers = { trace: 'a1', text: 'ü \u{1f600}', empty: '', constructor: 'c' }
      await soon(context.pubsub('other').publish(topic, 1, { headers }), 'publish')
      await soon(context.pubsub('other').publish(topic, 2), 'publish')
      const [first, second] = await context.take(subscription, 2)
      assert.deepEqual({ ...first!.headers }, headers)
      assert.deepEqual({ ...second!.headers }, {})
    },
  },
  {
    name: 'publishing without a subscriber succeeds',
    needs: ['publish'],
    async run(context) {
      const { publish } = { publish: () => context.pubsub().publish(context.name('unsubscribed'), 1) }
      await soon(Promise.all([publish(), publish()]), 'publish')
      await eventually(() => context.metrics().depths.posted === 0, 'nothing is left in flight')
    },
  },
]

/**
 * Publishes a retained message. With an acknowledgement where the protocol has one: otherwise a subscription of another
 * connection may reach the broker first, and gets it as a live message.
 */
function retain(context: CaseContext, topic: string, message: unknown): Promise<void> {
  return context
    .pubsub('other')
    .publish(topic, message, { retain: true, ...(context.features.qos && { qos: 1 }) })
}
