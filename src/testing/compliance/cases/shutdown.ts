import assert from 'node:assert/strict'
import type { Capability } from '../../../core/capability.js'
import type { ShutdownError } from '../../../core/errors/lifecycle.js'
import type { ComplianceCase } from '../case.js'
import { OPERATIONS } from '../operations.js'
import { eventually, rejected, soon } from '../waiting.js'

/** Cases for the shutdown of the gateway. */
export const shutdownCases: readonly ComplianceCase[] = [
  {
    name: 'after shutdown every operation rejects with ShutdownError',
    needs: [],
    async run(context) {
      await soon(context.gateway.shutdown(), 'shutdown')
      for (const [operation, attempt] of Object.entries(OPERATIONS)) {
        if (!context.features[operation as Capability]) continue
        const error = await rejected<ShutdownError>(attempt(context), 'shutdown', operation)
        assert.equal(error.integration, operation === 'serve' ? context.server('subject').name : 'subject')
      }
      await soon(context.gateway.shutdown(), 'shutdown again')
    },
  },
  {
    name: 'shutdown settles what was accepted',
    needs: ['publish'],
    async run(context) {
      const topic = context.name('drained')
      const sent = Array.from({ length: 500 }, (_, n) => context.pubsub().publish(topic, n))
      const [outcomes] = await soon(
        Promise.all([Promise.allSettled(sent), context.gateway.shutdown()]),
        'shutdown',
      )
      assert.deepEqual(
        outcomes.filter(({ status }) => status === 'rejected'),
        [],
      )
    },
  },
  {
    name: 'shutdown ends subscriptions in order',
    needs: ['subscribe'],
    async run(context) {
      const subscription = await soon(context.pubsub().subscribe(context.name('ended')), 'subscribe')
      const waiting = subscription.recv()
      await soon(context.gateway.shutdown(), 'shutdown')
      assert.equal(await soon(waiting, 'recv'), undefined)
      await soon(subscription.close(), 'close after shutdown')
    },
  },
  {
    name: 'shutdown does not wait for a message that may never come',
    needs: ['dequeue'],
    async run(context) {
      const queue = context.name('never')
      const receive = context.queue().receive(queue, { timeout: '60s' })
      const consumer = context.queue().consume(queue)
      const loop = consumer.each(() => {})
      await eventually(() => context.metrics().depths.operations === 1, 'the receive is in flight')
      const refused = rejected<ShutdownError>(receive, 'shutdown', 'the pending receive')
      await soon(context.gateway.shutdown({ timeout: '30s' }), 'shutdown')
      await refused
      await soon(loop, 'each ends')
    },
  },
]
