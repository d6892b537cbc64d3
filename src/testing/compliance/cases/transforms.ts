import assert from 'node:assert/strict'
import { ConfigError } from '../../../core/errors/config.js'
import { SerializeError } from '../../../core/errors/operation.js'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

/** Cases for subscriptions with the option `transform`. */
export const transformCases: readonly ComplianceCase[] = [
  {
    name: 'a transform sees topic and payload, and its results cross in order',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('transform')
      const subscription = await soon(
        context.pubsub().subscribe(topic, { transform: '{topic, n: .payload.n, at: (.timestamp | type)}' }),
        'subscribe',
      )
      const numbers = [1, 2, 3, 4, 5]
      for (const n of numbers) await soon(context.pubsub('other').publish(topic, { n }), 'publish')
      const messages = await context.take(subscription, numbers.length)
      assert.deepEqual(
        messages.map(({ value }) => value),
        numbers.map((n) => ({ topic, n, at: 'number' })),
      )
      assert.ok(messages.every((message) => message.topic === topic))
    },
  },
  {
    name: 'a transform drops messages, which are counted as filtered, and makes several of one',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('transform-several')
      const transform = ['.payload', { type: 'filter', expr: '. > 1', each: 'element' }, { type: 'flatten' }]
      const subscription = await soon(context.pubsub().subscribe(topic, { transform }), 'subscribe')
      const { filtered, dropped } = context.metrics().counts
      for (const values of [[1, 2, 3], [1], [4]])
        await soon(context.pubsub('other').publish(topic, values), 'publish')
      assert.deepEqual(
        (await context.take(subscription, 3)).map(({ value }) => value),
        [2, 3, 4],
      )
      await eventually(() => context.metrics().counts.filtered === filtered + 1, 'one is filtered')
      assert.equal(context.metrics().counts.dropped, dropped)
    },
  },
  {
    name: 'a message that a transform cannot take carries the error, and the next one goes on',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('transform-failing')
      const subscription = await soon(
        context.pubsub().subscribe(topic, { transform: '.payload.a.b' }),
        'subscribe',
      )
      for (const payload of [{ a: { b: 1 } }, { a: 1 }, { a: { b: 2 } }])
        await soon(context.pubsub('other').publish(topic, payload), 'publish')
      const [first, second, third] = await context.take(subscription, 3)
      assert.equal(first!.value, 1)
      assert.throws(() => second!.value, SerializeError)
      assert.equal(third!.value, 2)
    },
  },
  {
    name: 'a query that is not compiled gives the same results, in order',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('transform-slow')
      const subscription = await soon(
        context.pubsub().subscribe(topic, { transform: '.payload.n | tgamma | round' }),
        'subscribe',
      )
      for (const n of [3, 4, 5]) await soon(context.pubsub('other').publish(topic, { n }), 'publish')
      assert.deepEqual(
        (await context.take(subscription, 3)).map(({ value }) => value),
        [2, 6, 24],
      )
    },
  },
  {
    name: 'a wrong transform is refused with its position in the query',
    needs: ['subscribe'],
    async run(context) {
      const refused = (transform: never) =>
        assert.rejects(
          context.pubsub().subscribe(context.name('transform-wrong'), { transform }),
          (error: Error) => error instanceof ConfigError && /transform/.test(error.message),
        )
      await refused('.payload | {id' as never)
      await refused({ type: 'fliter', expr: '.' } as never)
      await refused([{ type: 'map' }] as never)
    },
  },
]
