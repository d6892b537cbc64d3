import assert from 'node:assert/strict'
import type { CancelledError, TimeoutError } from '../../../core/errors/operation.js'
import type { ComplianceCase } from '../case.js'
import { eventually, rejected, soon } from '../waiting.js'

/** Cases for time-outs and cancellation. */
export const limitCases: readonly ComplianceCase[] = [
  {
    name: 'a call that takes too long ends with a TimeoutError, and the next one works',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const slow = context.rpc().callWithTimeout(context.method('slow'), { ms: 600, value: 1 }, 100)
      const error = await rejected<TimeoutError>(slow, 'timeout', 'a slow call')
      assert.equal(error.operation, `call ${context.method('slow')}`)
      assert.equal(error.integration, 'subject')
      assert.deepEqual(await soon(context.rpc().call(context.method('echo'), [1]), 'the next call'), [1])
    },
  },
  {
    name: 'a call that times out says how long it took, whether the adapter or the core ends it',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const method = context.method('slow')
      for (let timeout = 1; timeout <= 20; timeout++) {
        const slow = context.rpc().call(method, { ms: 200, value: 1 }, { timeout })
        const error = await rejected<TimeoutError>(slow, 'timeout', 'a slow call')
        assert.equal(error.operation, `call ${method}`)
        assert.ok(error.message.startsWith(`call ${method} timed out after `), error.message)
      }
      assert.equal(context.gateway.connections.status('subject').breaker, 'closed')
      assert.deepEqual(await soon(context.rpc().call(context.method('echo'), [1]), 'the next call'), [1])
    },
  },
  {
    name: 'a call can be cancelled before and while it is made',
    needs: ['call'],
    async run(context) {
      await context.serve()
      const before = context.rpc().call(context.method('echo'), {}, { signal: AbortSignal.abort('why') })
      assert.equal((await rejected<CancelledError>(before, 'cancelled', 'before')).cause, 'why')
      const controller = new AbortController()
      const call = context
        .rpc()
        .call(context.method('slow'), { ms: 5_000, value: 1 }, { signal: controller.signal })
      await eventually(() => context.metrics().depths.operations === 1, 'the call is in flight')
      controller.abort(new Error('enough'))
      const error = await rejected<CancelledError>(call, 'cancelled', 'while')
      assert.equal((error.cause as Error).message, 'enough')
      await eventually(() => context.metrics().depths.operations === 0, 'the actor has cancelled it')
    },
  },
  {
    name: 'a publish can be cancelled before it is made',
    needs: ['publish'],
    async run(context) {
      const signal = AbortSignal.abort()
      const publish = context.pubsub().publish(context.name('never'), 1, { signal })
      await rejected<CancelledError>(publish, 'cancelled', 'publish')
      assert.equal(context.metrics().counts.published, 0)
    },
  },
  {
    name: 'cancelling one subscription leaves another of the same topic alone',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('mixed')
      const controller = new AbortController()
      const first = context.pubsub().subscribe(topic, { signal: controller.signal })
      const second = context.pubsub().subscribe(topic)
      const third = context.pubsub().subscribe(topic, { signal: AbortSignal.abort() })
      controller.abort()
      await rejected<CancelledError>(third, 'cancelled', 'a signal that has aborted')
      // The signal comes too late if the broker was faster.
      const outcome = await soon(
        first.then(
          () => 'granted',
          (error: CancelledError) => error.kind,
        ),
        'the cancelled subscription',
      )
      assert.ok(outcome === 'cancelled' || outcome === 'granted')
      const subscription = await soon(second, 'the other subscription')
      await soon(context.pubsub('other').publish(topic, 'here'), 'publish')
      assert.equal((await context.take(subscription, 1))[0]!.value, 'here')
    },
  },
  {
    name: 'a receive can be cancelled, and takes no message with it',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('cancelled')
      const controller = new AbortController()
      const receive = context.queue().receive(queue, { timeout: '20s', signal: controller.signal })
      await eventually(() => context.metrics().depths.operations === 1, 'the receive is in flight')
      controller.abort()
      await rejected<CancelledError>(receive, 'cancelled', 'receive')
      await soon(context.queue('other').send(queue, 'kept'), 'send')
      const message = await context.receive(queue)
      assert.equal(message.value, 'kept')
      await soon(message.ack(), 'ack')
    },
  },
]
