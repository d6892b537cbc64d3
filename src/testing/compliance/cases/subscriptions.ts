import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

/** Cases for ending and sharing subscriptions. */
export const subscriptionCases: readonly ComplianceCase[] = [
  {
    name: 'closing a subscription ends it: what waits for a message is given undefined',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('close')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      const waiting = subscription.recv()
      await soon(subscription.close(), 'close')
      assert.equal(await soon(waiting, 'recv while closing'), undefined)
      await soon(context.pubsub().publish(topic, 'late'), 'publish')
      assert.equal(await soon(subscription.recv(), 'recv after close'), undefined)
    },
  },
  {
    name: 'after the last subscriber has left, the broker sends nothing any more',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const [left, kept] = [context.name('left'), context.name('kept')]
      const first = await soon(context.pubsub().subscribe(left), 'subscribe')
      const second = await soon(context.pubsub().subscribe(kept), 'subscribe')
      await soon(first.close(), 'close')
      const { received } = context.metrics().counts
      await soon(context.pubsub('other').publish(left, 1), 'publish')
      await soon(context.pubsub('other').publish(kept, 2), 'publish')
      await context.take(second, 1)
      assert.equal(context.metrics().counts.received, received + 1)
    },
  },
  {
    name: 'leaving a loop over a subscription closes it',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('loop')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      for (const n of [1, 2, 3]) await soon(context.pubsub().publish(topic, n), 'publish')
      const seen: unknown[] = []
      const loop = async () => {
        for await (const message of subscription) {
          seen.push(message.value)
          if (seen.length === 2) break
        }
      }
      await soon(loop(), 'the loop ends')
      assert.deepEqual(seen, [1, 2])
      assert.equal(await soon(subscription.recv(), 'recv after the loop'), undefined)
    },
  },
  {
    name: 'a subscription may be closed several times at once',
    needs: ['subscribe'],
    async run(context) {
      const subscription = await soon(context.pubsub().subscribe(context.name('closing')), 'subscribe')
      const closing = [subscription.close(), subscription.close(), subscription.recv(), subscription.close()]
      await soon(Promise.all(closing), 'close')
      await soon(subscription.close(), 'close again')
    },
  },
  {
    name: 'a topic can be subscribed again at once while its last subscription closes',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('again')
      for (let i = 0; i < 10; i++) {
        const first = await soon(context.pubsub().subscribe(topic), 'subscribe')
        const closing = first.close()
        const second = await soon(context.pubsub().subscribe(topic), 'subscribe again')
        await soon(closing, 'close')
        await soon(context.pubsub('other').publish(topic, i), 'publish')
        assert.equal((await context.take(second, 1))[0]!.value, i)
        await soon(second.close(), 'close')
      }
    },
  },
  {
    name: 'a subscriber that leaves with messages unread does not hold up the others',
    needs: ['publish', 'subscribe'],
    mailbox: { messages: 8 },
    async run(context) {
      const topic = context.name('leaver')
      const reader = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      const leaver = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      for (let n = 0; n < 8; n++) await soon(context.pubsub('other').publish(topic, n), 'publish')
      await context.take(reader, 8)
      await soon(leaver.close(), 'close')
      for (let n = 8; n < 40; n++) {
        await soon(context.pubsub('other').publish(topic, n), 'publish')
        assert.equal((await context.take(reader, 1))[0]!.value, n)
      }
    },
  },
  {
    name: 'a conflated subscription gets the newest message of each topic, and fewer messages',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topics = ['x', 'y'].map((name) => context.name(name))
      const subscriptions = await Promise.all(
        topics.map((topic) =>
          soon(context.pubsub().subscribe<number>(topic, { conflate: '50ms' }), 'subscribe'),
        ),
      )
      const total = 600
      const before = context.metrics().counts
      const sent = Array.from({ length: total }, (_, n) => context.pubsub('other').publish(topics[n % 2]!, n))
      await soon(Promise.all(sent), 'publish many')
      const ends = subscriptions.map(async (subscription, side) => {
        const last = total - 2 + side
        let previous = -1
        for (let count = 1; ; count++) {
          const { value } = (await context.take(subscription, 1))[0]!
          assert.ok(value > previous, 'in order')
          previous = value
          if (value === last) return count
        }
      })
      const counts = await Promise.all(ends)
      assert.ok(
        counts.every((count) => count < total / 4),
        `fewer messages: ${counts}`,
      )
      const after = context.metrics().counts
      const since = (count: 'received' | 'conflated' | 'delivered') => after[count] - before[count]
      assert.ok(since('received') >= total, 'all are received, again where a publish had to be repeated')
      assert.equal(since('conflated') + since('delivered'), since('received'))
      await eventually(() => context.metrics().depths.deliveries === 0, 'nothing waits')
    },
  },
]
