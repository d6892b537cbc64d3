import assert from 'node:assert/strict'
import type { QueueConsumer } from '../../../client/queue-consumer.js'
import type { DeadMessage } from '../../../core/events.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext, Side } from '../context.js'
import { eventually, soon } from '../waiting.js'

const COUNT = 30

async function fill(context: CaseContext, queue: string, count = COUNT): Promise<void> {
  for (let n = 0; n < count; n++) await soon(context.queue('other').send(queue, n), 'send')
}

/**
 * Cases for consumers of queues: messages are acknowledged after the work, and never more are in flight than
 * allowed.
 */
export const consumerCases: readonly ComplianceCase[] = [
  {
    name: 'a consumer never has more messages in hand than its concurrency',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('concurrency')
      await fill(context, queue)
      const consumer = context.queue().consume<number>(queue, { concurrency: 3 })
      let inHand = 0
      let most = 0
      const seen: number[] = []
      const release: (() => void)[] = []
      const work = consumer.each(async ({ value }) => {
        seen.push(value)
        most = Math.max(most, ++inHand)
        await new Promise<void>((resolve) => release.push(resolve))
        inHand--
      })
      while (seen.length < COUNT) {
        await eventually(() => inHand === Math.min(3, COUNT - seen.length + inHand), 'all hands are full')
        release.shift()!()
      }
      for (const resolve of release) resolve()
      await eventually(() => context.metrics().counts.acked === COUNT, 'all are acknowledged')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
      assert.equal(most, 3)
      assert.deepEqual(
        [...seen].sort((a, b) => a - b),
        Array.from({ length: COUNT }, (_, n) => n),
      )
    },
  },
  {
    name: 'one consumer gets the messages of a queue in order',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'order'],
    async run(context) {
      const queue = context.name('order')
      const sent = Array.from({ length: 200 }, (_, n) => context.queue('other').send(queue, n))
      await soon(Promise.all(sent), 'send many')
      const seen: number[] = []
      const consumer = context.queue().consume<number>(queue)
      await soon(readUntil(consumer, seen, 200), 'consume')
      assert.deepEqual(
        seen,
        Array.from({ length: 200 }, (_, n) => n),
      )
    },
  },
  {
    name: 'a loop acknowledges a message after its body, and gives back the one it leaves with',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('loop')
      await fill(context, queue, 3)
      const seen: number[] = []
      const consumer = context.queue().consume<number>(queue)
      await soon(readUntil(consumer, seen, 2), 'the loop ends')
      assert.deepEqual(seen, [0, 1])
      const rest = await context.drain<number>(queue, 2, 'other')
      assert.deepEqual(rest.sort(), [1, 2])
      await context.empty(queue, 'other')
    },
  },
  {
    name: 'a consumer that closes gives back what it has not handed out',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('close')
      await fill(context, queue, 6)
      const consumer = context.queue().consume<number>(queue, { concurrency: 5 })
      const messages = consumer[Symbol.asyncIterator]()
      const first = await soon(messages.next(), 'the first message')
      assert.ok(!first.done)
      await eventually(() => context.metrics().counts.delivered >= 5, 'five are delivered')
      const closing = consumer.close()
      assert.equal(await soon(first.value.ack(), 'ack of what is in hand after close'), true)
      assert.equal((await soon(messages.next(), 'the end')).done, true)
      await soon(closing, 'close')
      const rest = await context.drain<number>(queue, 5, 'other')
      assert.deepEqual(rest.sort(), [1, 2, 3, 4, 5])
      await context.empty(queue, 'other')
    },
  },
  {
    name: 'what a handler throws for comes again',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('throws')
      await fill(context, queue, 3)
      const consumer = context.queue().consume<number>(queue, { concurrency: 2 })
      const attempts = new Map<number, number>()
      const work = consumer.each(({ value }) => {
        attempts.set(value, (attempts.get(value) ?? 0) + 1)
        if (value === 1 && attempts.get(1)! < 3) throw new Error('not yet')
      })
      await eventually(
        () => attempts.get(1) === 3 && attempts.size === 3 && context.metrics().counts.acked === 3,
        'all are done',
      )
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
      assert.deepEqual([attempts.get(0), attempts.get(1), attempts.get(2)], [1, 3, 1])
    },
  },
  {
    name: 'a message that always fails becomes a dead letter, and its neighbours pass',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery', 'attempts'],
    async run(context) {
      const [queue, morgue] = [context.name('poison'), context.name('morgue')]
      const dead: DeadMessage[] = []
      context.gateway.on('message:dead', (event) => dead.push(event))
      for (const value of ['good', 'bad', 'fine'])
        await soon(context.queue('other').send(queue, value, { headers: { kept: 'yes' } }), 'send')
      const consumer = context
        .queue()
        .consume<string>(queue, { concurrency: 2, maxDeliveries: 3, deadLetter: morgue })
      const seen: string[] = []
      const work = consumer.each(({ value }) => {
        seen.push(value)
        if (value === 'bad') throw new Error('no')
      })
      await eventually(() => dead.length === 1, 'the event message:dead')
      const letter = await context.receive<string>(morgue, 'other')
      assert.equal(letter.value, 'bad')
      await soon(letter.ack(), 'ack')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
      assert.deepEqual(seen.filter((value) => value === 'bad').length, 3)
      assert.ok(seen.includes('good') && seen.includes('fine'))
      const { integration, queue: from, attempts } = dead[0]!
      assert.deepEqual({ integration, from, attempts }, { integration: 'subject', from: queue, attempts: 3 })
      if (context.features.headers) assert.equal(letter.headers.kept, 'yes')
      await context.empty(queue)
    },
  },
  {
    name: 'consumers of one queue share its messages',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'competingConsumers'],
    async run(context) {
      const queue = context.name('shared')
      const seen: Record<Side, number[]> = { subject: [], other: [] }
      const consumers = (['subject', 'other'] as const).map((side) => {
        const consumer = context.queue(side).consume<number>(queue, { concurrency: 2 })
        const work = consumer.each(({ value }) => void seen[side].push(value))
        return { consumer, work }
      })
      for (const side of ['subject', 'other'] as const)
        await eventually(() => context.metrics(side).depths.posted === 0, 'the consumers are open')
      await fill(context, queue, 100)
      await eventually(() => seen.subject.length + seen.other.length >= 100, 'all are consumed')
      for (const { consumer, work } of consumers) {
        await soon(consumer.close(), 'close')
        await soon(work, 'each ends')
      }
      assert.deepEqual(
        [...seen.subject, ...seen.other].sort((a, b) => a - b),
        Array.from({ length: 100 }, (_, n) => n),
      )
      assert.ok(seen.subject.length > 0 && seen.other.length > 0, 'both had some')
    },
  },
]

/** Reads `count` messages in a loop and leaves it with the last one unsettled. */
async function readUntil<T>(consumer: QueueConsumer<T>, seen: T[], count: number): Promise<void> {
  for await (const { value } of consumer) {
    seen.push(value)
    if (seen.length === count) break
  }
}
