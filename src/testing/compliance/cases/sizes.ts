import assert from 'node:assert/strict'
import type { IntegrationError } from '../../../core/errors/integration-error.js'
import type { DeadMessage } from '../../../core/events.js'
import type { ComplianceCase } from '../case.js'
import { sendingOperations } from '../sending.js'
import { eventually, soon } from '../waiting.js'

const LIMITS = { limits: { frame: '64KB' } }
const SMALL = 'small'
const LATER = 'later'
const LARGE = 'x'.repeat(100_000)

/** Cases for messages above the size limit: refused before sending, dead-lettered or counted on arrival. */
export const sizeCases: readonly ComplianceCase[] = [
  {
    name: 'a payload above the limit is refused before it is sent, and its neighbours pass',
    needs: [],
    settings: LIMITS,
    async run(context) {
      const { disconnects } = context.metrics().counts
      for (const [what, send] of await sendingOperations(context)) {
        const [, large] = await soon(
          Promise.allSettled([send([SMALL]), send([LARGE]), send([SMALL])]),
          `${what} of a large payload`,
        ).then((outcomes) => {
          for (const at of [0, 2])
            assert.equal(outcomes[at]!.status, 'fulfilled', `${what}: a neighbour passes`)
          return outcomes
        })
        assert.equal(large!.status, 'rejected', `${what}: a payload above the limit is refused`)
        const error = (large as PromiseRejectedResult).reason as IntegrationError
        assert.equal(error.retryable, false, `${what}: ${error.message}`)
        assert.equal(error.integration, 'subject')
      }
      assert.equal(context.metrics().counts.disconnects, disconnects)
      assert.equal(context.metrics().restarts, 0)
    },
  },
  {
    name: 'a message above the limit that arrives on a topic is counted or a gap, and later ones arrive',
    needs: ['publish', 'subscribe'],
    settings: LIMITS,
    async run(context) {
      const topic = context.name('large')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      let gaps = 0
      context.gateway.on('subscription:gap', () => gaps++)
      for (const value of [SMALL, LARGE]) await soon(context.pubsub('other').publish(topic, value), 'publish')
      assert.equal((await context.take(subscription, 1))[0]!.value, SMALL)
      // If an oversized message ends the connection, the next messages may be missed, too.
      const next = context.take(subscription, 1)
      let arrived: unknown
      next.then(
        ([message]) => {
          arrived = message!.value
        },
        () => {},
      )
      await eventually(async () => {
        await soon(context.pubsub('other').publish(topic, LATER), 'publish')
        return arrived !== undefined
      }, 'a later message arrives')
      assert.equal(arrived, LATER)
      await eventually(() => subscription.dropped > 0 || gaps > 0, 'the large one is counted, or a gap')
      assert.equal(context.metrics().restarts, 0)
    },
  },
  {
    name: 'a message above the limit that arrives from a queue is a dead letter, and the next one arrives',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    settings: LIMITS,
    async run(context) {
      const queue = context.name('large')
      const dead: DeadMessage[] = []
      context.gateway.on('message:dead', (event) => dead.push(event))
      for (const value of [SMALL, LARGE, SMALL]) await soon(context.queue('other').send(queue, value), 'send')
      const seen: string[] = []
      const consumer = context.queue().consume<string>(queue)
      const work = consumer.each(({ value }) => void seen.push(value))
      await eventually(() => seen.length === 2 && dead.length === 1, 'two arrive, and one is a dead letter')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
      assert.deepEqual(seen, [SMALL, SMALL])
      assert.equal(dead[0]!.queue, queue)
      assert.equal(context.metrics().restarts, 0)
    },
  },
]
