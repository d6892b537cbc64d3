import assert from 'node:assert/strict'
import type { Subscription } from '../../../client/subscription.js'
import type { MailboxFullError } from '../../../core/errors/limits.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { eventually, rejected, soon } from '../waiting.js'

const TOTAL = 120
const MAILBOX = { messages: 10 }

/** Cases for messages that do not fit into the mailbox. */
export const overflowCases: readonly ComplianceCase[] = [
  {
    name: 'overflow "block": a subscriber that sleeps gets everything when it wakes up',
    needs: ['publish', 'subscribe', 'backpressure'],
    mailbox: MAILBOX,
    async run(context) {
      const topic = context.name('block')
      const subscription = await soon(context.pubsub().subscribe<number>(topic), 'subscribe')
      const sent = Array.from({ length: TOTAL }, (_, n) => context.pubsub('other').publish(topic, n))
      await eventually(() => context.metrics().counts.received >= MAILBOX.messages, 'the mailbox fills up')
      const got = (await context.take(subscription, TOTAL)).map(({ value }) => value)
      assert.deepEqual(got, numbers(0, TOTAL))
      await soon(Promise.all(sent), 'publish')
      assert.equal(subscription.dropped, 0)
    },
  },
  {
    name: 'overflow "drop-oldest": the newest are kept, and what was dropped is counted',
    needs: ['publish', 'subscribe'],
    mailbox: MAILBOX,
    async run(context) {
      const { subscription, got } = await flood(context, 'drop-oldest')
      assert.deepEqual(got.slice(0, MAILBOX.messages), numbers(0, MAILBOX.messages))
      assert.deepEqual(got.slice(MAILBOX.messages), numbers(TOTAL - MAILBOX.messages, TOTAL))
      await countsDropped(context, subscription)
    },
  },
  {
    name: 'overflow "drop-newest": the oldest are kept, and what was dropped is counted',
    needs: ['publish', 'subscribe'],
    mailbox: MAILBOX,
    async run(context) {
      const { subscription, got } = await flood(context, 'drop-newest')
      assert.deepEqual(got, numbers(0, 2 * MAILBOX.messages))
      await countsDropped(context, subscription)
    },
  },
  {
    name: 'overflow "reject": a slow subscriber gets a MailboxFullError after the messages that fit',
    needs: ['publish', 'subscribe'],
    mailbox: MAILBOX,
    async run(context) {
      const topic = context.name('reject')
      const subscription = await soon(
        context.pubsub().subscribe<number>(topic, { overflow: 'reject' }),
        'subscribe',
      )
      for (let n = 0; n < TOTAL; n++) await soon(context.pubsub('other').publish(topic, n), 'publish')
      const got: number[] = []
      const drain = async () => {
        for await (const { value } of subscription) got.push(value)
      }
      const error = await rejected<MailboxFullError>(drain(), 'mailbox-full', 'the loop')
      assert.equal(error.integration, 'subject')
      assert.deepEqual(got, numbers(0, got.length))
      assert.equal(await soon(subscription.recv(), 'recv after the end'), undefined)
    },
  },
]

/** Publishes to an idle subscriber, which then reads the available messages. */
async function flood(context: CaseContext, overflow: 'drop-oldest' | 'drop-newest') {
  const topic = context.name(overflow)
  const subscription = await soon(context.pubsub().subscribe<number>(topic, { overflow }), 'subscribe')
  for (let n = 0; n < TOTAL; n++) await soon(context.pubsub('other').publish(topic, n), 'publish')
  await eventually(() => context.metrics().counts.received === TOTAL, 'everything has arrived')
  const messages = await context.take(subscription, 2 * MAILBOX.messages)
  return { subscription, got: messages.map(({ value }) => value) }
}

async function countsDropped(context: CaseContext, subscription: Subscription<number>): Promise<void> {
  const dropped = TOTAL - 2 * MAILBOX.messages
  assert.equal(context.metrics().counts.dropped, dropped)
  await eventually(() => subscription.dropped === dropped, `the subscription knows of ${dropped} dropped`)
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
