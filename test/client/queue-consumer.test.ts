import { expect, test } from 'vitest'
import { QueueConsumer } from '../../src/client/queue-consumer.js'
import { systemClock } from '../../src/core/clock.js'
import { ConnectionError } from '../../src/core/errors/connection.js'
import type { IntegrationMail } from '../../src/mailbox/integration-mail.js'
import { NameReader } from '../../src/mailbox/names.js'
import type { DeliveryRun } from '../../src/mailbox/protocol.js'
import { Turn } from '../../src/mailbox/turn.js'
import { Work } from '../../src/mailbox/work.js'
import { settled } from '../../src/testing/index.js'

const names = new NameReader()
names.learn({ first: 0, added: ['q'] })

function run(...tokens: number[]): DeliveryRun {
  return {
    source: 1,
    count: tokens.length,
    topics: 0,
    payload: { kind: 'values', values: tokens },
    bytes: tokens.length,
    extras: tokens.map((token) => ({ token, attempt: 1 })),
  }
}

function rig() {
  const journal: unknown[] = []
  const failures: unknown[] = []
  const mail = {
    timeoutMs: 10,
    settle: async (verb, _life, token, options) => {
      journal.push(options === undefined ? [verb, token] : [verb, token, options])
      return true
    },
  } as Pick<IntegrationMail, 'settle' | 'timeoutMs'> as IntegrationMail
  const consumer = new QueueConsumer<number>(
    'q',
    3,
    { delay: 50 },
    {
      mail,
      turn: new Turn(systemClock, 4),
      work: new Work(systemClock),
      decoder: () => () => null,
      handlerFailed: (queue, error) => void failures.push([queue, (error as Error).message]),
    },
  )
  let stand = () => {}
  consumer.opening(
    new Promise((resolve) => {
      stand = () =>
        resolve({
          id: 1,
          credit: (messages) => journal.push(['credit', messages]),
          close: async () => void journal.push('close'),
        })
    }),
  )
  return { consumer, failures, journal, stand, handler: consumer.handler() }
}

test('closing ends the source, then gives back what nobody has taken', async () => {
  const { consumer, journal, stand, handler } = rig()
  stand()
  handler.receive(run(1, 2, 3), names, 1)
  handler.receive(run(4), names, 1)
  const first = await consumer[Symbol.asyncIterator]().next()
  await consumer.close()
  await consumer.close()
  expect(journal.filter((entry) => Array.isArray(entry) && entry[0] === 'undelivered')).toEqual([
    ['undelivered', 2],
    ['undelivered', 3],
    ['undelivered', 4],
  ])
  expect(journal[0]).toBe('close')
  expect(first.value?.isSettled).toBe(false)
})

test('is over when it has ended and its messages are settled', async () => {
  const { consumer, stand, handler } = rig()
  stand()
  handler.receive(run(1), names, 1)
  const loop = consumer[Symbol.asyncIterator]()
  handler.ended(new ConnectionError('the queue is gone'))
  expect(consumer.isOver).toBe(false)
  await loop.next()
  expect(consumer.isOver).toBe(false)
  await expect(loop.next()).rejects.toThrow('the queue is gone')
  expect(consumer.isOver).toBe(true)
})

test('what arrives while it is being closed is given back: the actor had sent it before it heard', async () => {
  const { consumer, journal, stand, handler } = rig()
  stand()
  await consumer.close()
  handler.receive(run(5, 6), names, 1)
  await settled()
  expect(journal).toEqual(['close', ['undelivered', 5], ['undelivered', 6]])
})

test('what an earlier life delivered and nobody took is not given back: it comes again by itself', async () => {
  const { consumer, journal, stand, handler } = rig()
  stand()
  handler.receive(run(1, 2), names, 1)
  handler.restarted()
  await consumer.close()
  expect(journal.filter((entry) => Array.isArray(entry) && entry[0] !== 'close')).toEqual([])
})

test('credit for messages that were consumed before the consumer stood is given when it does', async () => {
  const { consumer, journal, stand, handler } = rig()
  handler.receive(run(1), names, 1)
  const messages = consumer[Symbol.asyncIterator]()
  await messages.next()
  const waiting = messages.next()
  await settled()
  expect(journal).toEqual([['ack', 1]])
  stand()
  await settled()
  expect(journal).toEqual([
    ['ack', 1],
    ['credit', 1],
  ])
  await consumer.close()
  await waiting
})

test('a loop that is left gives back the message in hand with the delay that was asked for', async () => {
  const { consumer, journal, stand, handler } = rig()
  stand()
  handler.receive(run(1, 2, 3), names, 1)
  const loop = async () => {
    for await (const message of consumer) if (message.value === 2) throw new Error('enough')
  }
  await expect(loop()).rejects.toThrow('enough')
  expect(journal.filter((entry) => entry !== 'close')).toEqual([
    ['ack', 1],
    ['nack', 2, { delayMs: 50 }],
    ['credit', 3],
    ['undelivered', 3],
  ])
})
