import assert from 'node:assert/strict'
import type { QueueMessage } from '../../../client/queue-message.js'
import { sleep, systemClock } from '../../../core/clock.js'
import type { DeadMessage } from '../../../core/events.js'
import type { ComplianceCase } from '../case.js'
import { eventually, soon } from '../waiting.js'

const COUNT = 40
/** How many messages are settled while the broker goes away. Mosquitto sends 20 over MQTT 3.1.1 before the first is settled. */
const SETTLED = 16
/** More than the size of any connection pool of an integration. */
const MANY_QUEUES = 40

/**
 * Cases for the ownership of messages: a message without a taker is available again at once (docs/architecture.md).
 */
export const ownershipCases: readonly ComplianceCase[] = [
  {
    name: 'a settlement while the broker goes away is true, false or an AckError',
    needs: ['enqueue', 'dequeue', 'restartBroker'],
    async run(context) {
      const queue = context.name('settled')
      const hand: QueueMessage[] = []
      const release: (() => void)[] = []
      const consumer = context.queue().consume(queue, { concurrency: SETTLED })
      const work = consumer.each(async (message) => {
        if (hand.length === SETTLED) return
        hand.push(message)
        await new Promise<void>((resolve) => release.push(resolve))
      })
      // Some brokers keep a message only once somebody consumes the queue, and some do not say so.
      const send = () => soon(context.queue().send(queue, 1), 'send').catch(() => {})
      await eventually(async () => {
        if (hand.length < SETTLED) await send()
        return hand.length === SETTLED
      }, 'all are in hand')
      let isBack = false
      const restarted = context.restartBroker!().then(() => {
        isBack = true
      })
      const outcomes: Promise<unknown>[] = []
      for (const [n, message] of hand.entries()) {
        const settled = n % 2 === 0 ? message.ack() : message.nack()
        outcomes.push(settled.catch(({ kind }: { kind: string }) => kind))
        if (!isBack) await sleep(systemClock, 20)
      }
      for (const outcome of await soon(Promise.all(outcomes), 'the settlements'))
        assert.ok(outcome === true || outcome === false || outcome === 'ack', String(outcome))
      await soon(restarted, 'the restart')
      for (const each of release) each()
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
    },
  },
  {
    name: 'a receive that is cancelled as its message arrives withholds nothing',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('cancelled-receive')
      const isExact = context.features.attempts && context.features.countsUnseen !== true
      const seen = new Set<number>()
      const work: Promise<void>[] = []
      const take = async (timeout: number, signal: AbortSignal) => {
        const message = await context.queue().receive<number>(queue, { timeout, signal })
        if (message === undefined) return
        seen.add(message.value)
        await message.ack()
      }
      for (let n = 0; n < COUNT; n++) {
        const controller = new AbortController()
        // Half of them are cancelled and half time out, at any moment around the arrival.
        const timeout = n % 2 === 0 ? 20_000 : (n * 3) % 17
        work.push(take(timeout, controller.signal).catch(() => {}))
        const sent = context.queue('other').send(queue, n)
        await sleep(systemClock, n % 5)
        controller.abort()
        await soon(sent, 'send')
      }
      await soon(Promise.all(work), 'the receives end')
      while (seen.size < COUNT) {
        const message = await context.receive<number>(queue, 'other')
        assert.ok(!seen.has(message.value), `message ${message.value} comes once`)
        if (isExact) assert.equal(message.attempt, 1, 'this is the first delivery')
        seen.add(message.value)
        assert.equal(await soon(message.ack(), 'ack'), true)
      }
      await context.empty(queue, 'other')
    },
  },
  {
    name: 'a message that no handler has seen does not count as a delivery',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery', 'attempts'],
    async run(context) {
      const queue = context.name('uncounted')
      const dead: DeadMessage[] = []
      context.gateway.on('message:dead', (event) => dead.push(event))
      for (let n = 0; n < 8; n++) await soon(context.queue('other').send(queue, n), 'send')
      const options = { concurrency: 5, maxDeliveries: 1 }
      const attempts: [number, number][] = []
      for (let round = 0; round < 3; round++) {
        const { delivered } = context.metrics().counts
        const consumer = context.queue().consume<number>(queue, options)
        const messages = consumer[Symbol.asyncIterator]()
        const next = await soon(messages.next(), 'the first message')
        assert.ok(!next.done)
        await eventually(() => context.metrics().counts.delivered >= delivered + 5, 'others are prefetched')
        const closing = consumer.close()
        assert.equal(await soon(next.value.ack(), 'ack'), true)
        assert.equal((await soon(messages.next(), 'the end')).done, true)
        await soon(closing, 'close')
        attempts.push([next.value.value, next.value.attempt])
      }
      const consumer = context.queue().consume<number>(queue, options)
      const work = consumer.each(({ value, attempt }) => void attempts.push([value, attempt]))
      await eventually(() => attempts.length + dead.length >= 8, 'all are delivered')
      await soon(consumer.close(), 'close')
      await soon(work, 'each ends')
      assert.deepEqual(dead, [])
      assert.deepEqual(
        attempts.sort(([a], [b]) => a - b),
        [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [n, 1]),
      )
    },
  },
  {
    name: 'a consumer that closes waits for its handlers, and no message of theirs comes again',
    needs: ['enqueue', 'dequeue', 'persistentQueue', 'redelivery'],
    async run(context) {
      const queue = context.name('running')
      for (let n = 0; n < 6; n++) await soon(context.queue('other').send(queue, n), 'send')
      const consumer = context.queue().consume<number>(queue, { concurrency: 2 })
      const done: number[] = []
      const release: (() => void)[] = []
      const work = consumer.each(async ({ value }) => {
        await new Promise<void>((resolve) => release.push(resolve))
        done.push(value)
      })
      await eventually(() => release.length === 2, 'two handlers run')
      const closing = consumer.close()
      for (const each of release) each()
      await soon(closing, 'close')
      await soon(work, 'each ends')
      assert.equal(done.length, 2)
      done.push(...(await context.drain<number>(queue, 4, 'other')))
      assert.deepEqual(done.sort(), [0, 1, 2, 3, 4, 5])
      await context.empty(queue, 'other')
    },
  },
  {
    name: 'receivers of many queues, one after the other, use up no connections',
    needs: ['dequeue'],
    async run(context) {
      for (let n = 0; n < MANY_QUEUES; n++) {
        const receive = context.queue().receive(context.name(`many-${n}`), { timeout: 60 })
        assert.equal(await soon(receive, `receive from queue ${n}`), undefined)
      }
      const queue = context.name('one-more')
      const { errors } = context.metrics().counts
      assert.equal(await soon(context.queue().receive(queue, { timeout: 60 }), 'one more'), undefined)
      assert.deepEqual(context.metrics().counts.errors, errors)
    },
  },
  {
    name: 'a receive without time takes a message that is there, and undefined otherwise',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('at-once')
      const receive = () => soon(context.queue().receive(queue, { timeout: 0 }), 'receive')
      assert.equal(await receive(), undefined)
      for (let n = 0; n < 3; n++) {
        await soon(context.queue('other').send(queue, n), 'send')
        let message: QueueMessage | undefined
        const isThere = async () => {
          message = await receive()
          return message !== undefined
        }
        // A slow broker may not have delivered the message yet.
        await eventually(isThere, 'the message is received')
        assert.equal(message?.value, n)
        assert.equal(await soon(message!.ack(), 'ack'), true)
        assert.equal(await receive(), undefined)
      }
    },
  },
  {
    name: 'a receive outlives the loss of its connection',
    needs: ['enqueue', 'dequeue', 'persistentQueue'],
    async run(context) {
      const queue = context.name('outlives')
      const waiting = context.queue().receive(queue, { timeout: '20s' })
      await eventually(() => context.metrics().depths.operations === 1, 'the receive is in flight')
      await soon(context.gateway.connections.reconnect('subject'), 'reconnect')
      await soon(context.queue('other').send(queue, 'here'), 'send')
      const message = await soon(waiting, 'receive')
      assert.equal(message?.value, 'here')
      assert.equal(await soon(message!.ack(), 'ack'), true)
    },
  },
]
