import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { natsManifest } from '../../../src/adapters/nats/manifest.js'
import { UnsupportedError } from '../../../src/core/errors/operation.js'
import { DequeueError, EnqueueError } from '../../../src/core/errors/queue.js'
import { settingsFor, until, within } from '../../support/adapter-context.js'
import { connected, serverFor, stranger, text } from './harness.js'
import { consume, next, send } from './queues.js'

test('streams and consumers are created as configured', async () => {
  const server = await serverFor()
  const config = {
    stream: {
      name: 'WORK',
      subjects: ['work.>'],
      storage: 'memory',
      retention: 'limits',
      discard: 'old',
      max_age: '1h',
      max_bytes: 100_000,
      max_messages: 50,
      duplicate_window: '10s',
    },
    consumer: { name: 'workers', ack_wait: '7s', max_deliver: 4, max_ack_pending: 9 },
  }
  const rig = await connected(
    settingsFor(natsManifest, { endpoint: { addresses: ['127.0.0.1'], port: server.port }, config }),
  )
  await send(rig, 'work/a', 'x')
  const { delivery } = await next(rig, 'work/a')
  expect(delivery.topic).toBe('work/a')
  const manager = await jetstreamManager(await stranger(server))
  const HOUR_NS = 3_600_000_000_000
  expect((await manager.streams.info('WORK')).config).toMatchObject({
    subjects: ['work.>'],
    storage: 'memory',
    retention: 'limits',
    discard: 'old',
    max_age: HOUR_NS,
    max_bytes: 100_000,
    max_msgs: 50,
    duplicate_window: 10_000_000_000,
  })
  expect((await manager.consumers.info('WORK', 'workers')).config).toMatchObject({
    ack_policy: 'explicit',
    ack_wait: 7_000_000_000,
    // We count: the server's count has the deliveries that nobody has seen.
    max_deliver: -1,
    max_ack_pending: 9,
    filter_subject: 'work.a',
  })
})

test('a stream and a consumer that are there are bound as they are', async () => {
  const server = await serverFor()
  const client = await stranger(server)
  const manager = await jetstreamManager(client)
  await manager.streams.add({ name: 'THERE', subjects: ['there.*'] })
  await manager.consumers.add('THERE', {
    durable_name: 'bound',
    ack_policy: 'explicit',
    ack_wait: 1_000_000_000,
    filter_subject: 'there.x',
  })
  await jetstream(client).publish('there.x', 'from a stranger')
  const rig = await connected({
    port: server.port,
    config: { stream: { create: false }, consumer: { name: 'bound' } },
  })
  const { delivery } = await next(rig, 'there.x')
  expect([text(delivery.payload), delivery.id]).toEqual(['from a stranger', 'THERE:1'])
  await delivery.ack()
  const missing = await send(rig, 'nowhere', 'x').catch((error: unknown) => error)
  expect(missing).toBeInstanceOf(EnqueueError)
  expect((missing as Error).message).toContain('no stream stores the subject nowhere')
})

test('a stream of a name that does not keep the queue is told of it', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port, config: { stream: { name: 'ALL' } } })
  await send(rig, 'one', 'x')
  await send(rig, 'two', 'y')
  const manager = await jetstreamManager(await stranger(server))
  expect((await manager.streams.info('ALL')).config.subjects).toEqual(['one', 'two'])
  for (const queue of ['one', 'two']) await (await next(rig, queue)).delivery.ack()
})

test('consumers that will not do, a full stream and what needs a newer server are typed errors', async () => {
  const server = await serverFor()
  const client = await stranger(server)
  const manager = await jetstreamManager(client)
  await manager.streams.add({ name: 'S', subjects: ['s.*'] })
  await manager.consumers.add('S', { durable_name: 'other', ack_policy: 'explicit', filter_subject: 's.b' })
  const wrong = await connected({ port: server.port, config: { consumer: { name: 'other' } } })
  const refused = await consume(wrong, 's.a').catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(DequeueError)
  expect((refused as Error).message).toContain('s.b')

  const full = await connected({ port: server.port, config: { stream: { max_messages: 1 } } })
  await send(full, 'full', 'x')
  await expect(send(full, 'full', 'y')).rejects.toBeInstanceOf(EnqueueError)

  const newer = await connected({ port: server.port, config: { stream: { compression: 's2' } } })
  const error = await send(newer, 'small', 'x').catch((error: unknown) => error)
  expect(error).toBeInstanceOf(UnsupportedError)
  expect((error as Error).message).toContain('2.10')
  await expect(send(full, 'q', 'x', within(), { delayMs: 5 })).rejects.toBeInstanceOf(UnsupportedError)
})

test('a stream that is deleted under a sender and a receiver is made again', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port })
  await send(rig, 'jobs', 'old')
  const { messages, ended } = await consume(rig, 'jobs', 2)
  await until(() => messages.length === 1, 'the old message')
  await messages[0]!.ack()
  const manager = await jetstreamManager(await stranger(server))
  await manager.streams.delete('jobs')
  await send(rig, 'jobs', 'new')
  await until(() => messages.length === 2, 'the new message')
  expect(text(messages[1]!.payload)).toBe('new')
  expect(ended).toEqual([])
})

test('several that ask for a queue at the same time make one stream of it', async () => {
  const server = await serverFor()
  for (const stream of [{}, { name: 'SHARED' }]) {
    const settings = settingsFor(natsManifest, {
      endpoint: { addresses: ['127.0.0.1'], port: server.port },
      config: { stream },
    })
    const rigs = await Promise.all(Array.from({ length: 8 }, () => connected(settings)))
    const queue = stream.name === undefined ? 'fresh' : 'named'
    const consumers = await Promise.all(rigs.map((rig) => consume(rig, queue, 1)))
    await send(rigs[0]!, queue, 'x')
    await until(() => consumers.some(({ messages }) => messages.length === 1), 'the message')
  }
})

test('what the server itself gives up is reported as a dead letter, by one gateway, and stays', async () => {
  const server = await serverFor()
  const manager = await jetstreamManager(await stranger(server))
  await manager.streams.add({ name: 'S', subjects: ['limited'], retention: 'workqueue' })
  await manager.consumers.add('S', { durable_name: 'c', ack_policy: 'explicit', max_deliver: 2 })
  const config = { stream: { create: false }, consumer: { name: 'c' } }
  const rigs = [
    await connected({ port: server.port, config }),
    await connected({ port: server.port, config }),
  ]
  const [first, second] = [await consume(rigs[0]!, 'limited', 3), await consume(rigs[1]!, 'limited')]
  await send(rigs[0]!, 'limited', 'poison', within(), { headers: { a: 'b' } })
  for (let n = 0; n < 2; n++) {
    await until(() => first.messages.length === n + 1, `delivery ${n + 1}`)
    await first.messages[n]!.nack(0)
  }
  const letters = () => rigs.flatMap(({ context }) => context.letters)
  await until(() => letters().length > 0, 'the report')
  expect(letters()).toMatchObject([
    { queue: 'limited', attempts: 2, reason: expect.stringContaining('S:1'), headers: { a: 'b' } },
  ])
  expect(text(letters()[0]!.payload)).toBe('poison')
  expect((await manager.streams.info('S')).state.messages).toBe(1)
  expect([first.messages.length, second.messages.length]).toEqual([2, 0])
})
