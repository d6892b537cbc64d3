import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { AckError } from '../../../src/core/errors/queue.js'
import { until, within } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { rounds } from '../../support/rounds.js'
import { atEnd, connected, serverFor, stranger, text } from './harness.js'
import { consume, next, send } from './queues.js'

test('the attempts of one operation are kept once, and two operations are two messages', async () => {
  const rig = await connected({ port: (await serverFor()).port })
  const attempt = () => ({ ...within(), operationId: 'op-1' })
  const first = await send(rig, 'jobs', 'x', attempt())
  expect(await send(rig, 'jobs', 'x', attempt())).toBe(first)
  expect(await send(rig, 'jobs', 'x')).not.toBe(first)
  const known = () => ({ ...attempt(), operationId: 'op-2', messageId: 'of-the-source' })
  expect(await send(rig, 'jobs', 'z', known())).toBe(
    await send(rig, 'jobs', 'z', { ...known(), operationId: 'op-3' }),
  )
  const named = { headers: { 'Nats-Msg-Id': 'mine' } }
  const third = await send(rig, 'jobs', 'y', within(), named)
  expect(await send(rig, 'jobs', 'y', within(), named)).toBe(third)
  const { messages } = await consume(rig, 'jobs', 10)
  await until(() => messages.length === 4, 'four messages')
  expect(messages.map(({ payload }) => text(payload))).toEqual(['x', 'x', 'z', 'y'])
  expect(messages.map(({ id }) => id)).toEqual(['jobs:1', 'jobs:2', 'jobs:3', 'jobs:4'])
  expect(messages.every(({ headers }) => headers === undefined)).toBe(true)
})

test('a stream that another client makes at the same moment takes what is sent', async () => {
  const server = await serverFor()
  const { port } = server
  const [sender, receiver] = [await connected({ port }), await connected({ port })]
  const manager = await jetstreamManager(await stranger(server))
  for (let round = 0; round < rounds(30, 300); round++) {
    const queue = `made-at-once-${round}`
    const consuming = consume(receiver, queue, 5)
    for (let n = 0; n < 5; n++) await send(sender, queue, String(n))
    const { consumer } = await consuming
    await consumer.close()
    expect((await manager.streams.info(await manager.streams.find(queue))).state.last_seq).toBe(5)
  }
})

test('no message comes that was not asked for, and what is asked for at once comes in one request', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port })
  for (let n = 0; n < 10; n++) await send(rig, 'jobs', String(n))
  const client = await stranger(server)
  let pulls = 0
  client.subscribe('$JS.API.CONSUMER.MSG.NEXT.>', { callback: () => void pulls++ })
  await client.flush()
  const { consumer, messages } = await consume(rig, 'jobs')
  for (let i = 0; i < 4; i++) consumer.request(1)
  await until(() => messages.length === 4, 'four messages')
  for (const message of messages) await message.ack()
  expect(messages).toHaveLength(4)
  await client.flush()
  expect(pulls).toBe(1)
  consumer.request(100)
  await until(() => messages.length === 10, 'the others')
  expect(messages.map(({ payload }) => text(payload))).toEqual(
    Array.from({ length: 10 }, (_, n) => String(n)),
  )
})

test('messages beyond demand wait here with prefetch, and are given back at the end', async () => {
  const { port } = await serverFor()
  const rig = await connected({ port, config: { prefetch: 3 } })
  for (let n = 0; n < 5; n++) await send(rig, 'jobs', String(n))
  const { consumer, messages } = await consume(rig, 'jobs', 1)
  await until(() => messages.length === 1, 'the first message')
  await messages[0]!.ack()
  await consumer.close()
  const other = await consume(await connected({ port }), 'jobs', 10)
  await until(() => other.messages.length === 4, 'the others')
  expect(other.messages.map(({ payload }) => text(payload)).sort()).toEqual(['1', '2', '3', '4'])
})

test('nack gives back, at once or later, and the attempt is counted', async () => {
  const rig = await connected({ port: (await serverFor()).port })
  await send(rig, 'jobs', 'x')
  const { consumer, messages } = await consume(rig, 'jobs', 3)
  await until(() => messages.length === 1, 'the first delivery')
  await messages[0]!.nack(0)
  await until(() => messages.length === 2, 'the second delivery')
  await messages[1]!.nack(300)
  await until(() => messages.length === 3, 'the third delivery')
  expect(messages.map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual([
    [1, false],
    [2, true],
    [3, true],
  ])
  await messages[2]!.ack()
  await consumer.close()
})

test('a message is not delivered again while its handler works, however long that takes', async () => {
  const { port } = await serverFor()
  const rig = await connected({ port, config: { consumer: { ack_wait: 200 } } })
  await send(rig, 'jobs', 'slow')
  const { messages } = await consume(rig, 'jobs', 2)
  await until(() => messages.length === 1, 'the delivery')
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect(messages).toHaveLength(1)
  await messages[0]!.ack()
})

test('without extension it is given to somebody else after ack_wait', async () => {
  const { port } = await serverFor()
  const rig = await connected({ port, config: { consumer: { ack_wait: 200, extend: false } } })
  await send(rig, 'jobs', 'slow')
  const { messages } = await consume(rig, 'jobs', 2)
  await until(() => messages.length === 2, 'the second delivery')
  expect(messages[1]!.attempt).toBe(2)
})

test('what was delivered max_deliver times comes with the order to dead-letter it', async () => {
  const server = await serverFor()
  const dead = { max_deliver: 2, dead_letter: 'morgue' }
  const rig = await connected({ port: server.port, config: { consumer: dead } })
  await send(rig, 'jobs', 'poison')
  const { messages } = await consume(rig, 'jobs', 10)
  for (let n = 0; n < 3; n++) {
    await until(() => messages.length > n, `delivery ${n + 1}`)
    await messages[n]!.nack(0)
  }
  await until(() => messages.length === 4, 'the delivery after a try that was refused')
  const order = {
    deadLetter: 'morgue',
    reason: 'not settled in 2 deliveries',
    attempts: 2,
    headers: { 'Nats-Msg-Id': 'dead:jobs:1' },
  }
  expect(messages.map(({ exhausted }) => exhausted)).toEqual([undefined, undefined, order, order])
  await messages[3]!.ack()
})

test('a settlement that the server does not confirm is an AckError, and the first one counts', async () => {
  const server = await serverFor()
  const proxy = await FaultProxy.start(server.port)
  atEnd(() => proxy.close())
  const rig = await connected({ port: proxy.port, timeoutMs: 200 })
  for (const content of ['a', 'b', 'c']) await send(rig, 'jobs', content)
  const { messages } = await consume(rig, 'jobs', 3)
  await until(() => messages.length === 3, 'all of them')
  await messages[0]!.ack()
  await messages[0]!.nack(0)
  proxy.inject({ kind: 'stall' })
  await expect(messages[1]!.ack()).rejects.toBeInstanceOf(AckError)
  proxy.reset()
  await until(() => rig.context.lost.length === 1, 'the loss')
  const late = await messages[2]!.ack().catch((error: unknown) => error)
  expect(late).toBeInstanceOf(AckError)
  expect(late).toMatchObject({ queue: 'jobs', retryable: false })
})

test('what is in hand at an orderly end comes again at once', async () => {
  const { port } = await serverFor()
  const rig = await connected({ port, config: { consumer: { ack_wait: '1h' } } })
  await send(rig, 'jobs', 'x')
  const { delivery } = await next(rig, 'jobs')
  await rig.adapter.disconnect()
  await expect(delivery.ack()).rejects.toBeInstanceOf(AckError)
  const again = await next(await connected({ port }), 'jobs')
  expect(again.delivery.attempt).toBe(2)
})

test('without a queue for dead letters, what was delivered max_deliver times is a defect', async () => {
  const rig = await connected({ port: (await serverFor()).port, config: { consumer: { max_deliver: 2 } } })
  await send(rig, 'jobs', 'poison')
  const { messages } = await consume(rig, 'jobs', 4)
  for (let n = 0; n < 2; n++) {
    await until(() => messages.length === n + 1, `delivery ${n + 1}`)
    expect(messages[n]!.defect).toBeUndefined()
    await messages[n]!.nack(0)
  }
  await until(() => messages.length === 3, 'the third delivery')
  expect(messages[2]!.defect?.message).toContain('not settled in 2 deliveries')
  expect(text(messages[2]!.payload)).toBe('poison')
  await messages[2]!.ack()
})
