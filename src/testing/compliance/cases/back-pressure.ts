import assert from 'node:assert/strict'
import { sleep, systemClock } from '../../../core/clock.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, soon } from '../waiting.js'

const MAILBOX = { messages: 50 }
const FLOOD = 500
/** Longer than a connection is held back for one subscription. */
const HOLD_MS = 2_500

/** Back-pressure is per subscription: an unread subscription does not affect others. */
export const backPressureCases: readonly ComplianceCase[] = [
  {
    name: 'an unread subscription does not hold up another one',
    needs: ['publish', 'subscribe'],
    mailbox: MAILBOX,
    async run(context) {
      const unread = await soon(context.pubsub().subscribe(context.name('unread')), 'subscribe')
      const topic = context.name('read')
      const read = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      const flooded = flood(context, context.name('unread'))
      await eventually(() => context.metrics().counts.received >= MAILBOX.messages, 'its mailbox is full')
      for (let n = 0; n < 20; n++) {
        await soon(context.pubsub('other').publish(topic, n), 'publish')
        assert.equal((await context.take(read, 1))[0]!.value, n)
      }
      const third = await soon(context.pubsub().subscribe(context.name('third')), 'subscribe')
      await soon(third.close(), 'close')
      await soon(unread.close(), 'close the unread one')
      await soon(flooded, 'publish')
    },
  },
  {
    name: 'an unread subscription does not hold up calls',
    needs: ['publish', 'subscribe', 'call'],
    mailbox: MAILBOX,
    async run(context) {
      await context.serve()
      const unread = await soon(context.pubsub().subscribe(context.name('unread')), 'subscribe')
      const flooded = flood(context, context.name('unread'))
      await eventually(() => context.metrics().counts.received >= MAILBOX.messages, 'its mailbox is full')
      for (let n = 0; n < 20; n++)
        assert.deepEqual(await soon(context.rpc().call(context.method('echo'), [n]), 'call'), [n])
      await soon(unread.close(), 'close the unread one')
      await soon(flooded, 'publish')
    },
  },
  {
    name: 'of two equal subscriptions, the one that is read gets everything while the other is not',
    needs: ['publish', 'subscribe'],
    mailbox: MAILBOX,
    async run(context) {
      const topic = context.name('equal')
      const read = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      const unread = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      const flooded = flood(context, topic)
      const got = (await context.take(read, FLOOD)).map(({ value }) => value)
      assert.deepEqual(
        got,
        Array.from({ length: FLOOD }, (_, n) => n),
      )
      assert.equal(read.dropped, 0)
      await soon(unread.close(), 'close the unread one')
      await soon(flooded, 'publish')
    },
  },
  {
    name: 'what a slow subscriber is not given is counted: read and dropped make what was published',
    needs: ['publish', 'subscribe'],
    mailbox: MAILBOX,
    async run(context) {
      const topic = context.name('counted')
      const subscription = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      const flooded = flood(context, topic)
      await Promise.race([flooded, sleep(systemClock, HOLD_MS)])
      let read = 0
      const reading = (async () => {
        for await (const _ of subscription) read++
      })()
      await eventually(
        () => read + subscription.dropped === FLOOD,
        () => `all are accounted for: ${read} read, ${subscription.dropped} dropped, of ${FLOOD}`,
      )
      await soon(flooded, 'publish')
      assert.ok(read >= MAILBOX.messages)
      await soon(subscription.close(), 'close')
      await soon(reading, 'the loop ends')
    },
  },
]

async function flood(context: CaseContext, topic: string): Promise<void> {
  const sent = Array.from({ length: FLOOD }, (_, n) => context.pubsub('other').publish(topic, n))
  await Promise.all(sent)
}
