import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { oversizeDelayMs } from '../../../src/adapters/nats/delivery.js'
import { until, within } from '../../support/adapter-context.js'
import { bytes, collector, connected, serverFor, stranger, text } from './harness.js'
import { consume, send } from './queues.js'

const SMALL = { memory: 1e9, frame: 10_000 }

test('an oversize message of a queue is delivered as a defect, and stays in its stream', async () => {
  const server = await serverFor()
  const sender = await connected({ port: server.port })
  const rig = await connected({ port: server.port, limits: SMALL })
  await send(sender, 'jobs', 'before')
  await send(sender, 'jobs', 'x'.repeat(20_000), within(), { headers: { a: 'b' } })
  await send(sender, 'jobs', 'after')
  const { messages } = await consume(rig, 'jobs', 3)
  await until(() => messages.length === 3, 'all of them')
  expect(messages.map(({ defect }) => defect?.message)).toEqual([
    undefined,
    expect.stringMatching(/jobs:2 has 20\d\d\d bytes: more than limits.frame. It stays in its stream/),
    undefined,
  ])
  expect(messages[1]!.payload.byteLength).toBe(0)
  for (const message of messages) await message.ack()
  const manager = await jetstreamManager(await stranger(server))
  expect((await manager.streams.info('jobs')).state).toMatchObject({ messages: 1, first_seq: 2 })
  // A gateway that takes it gets it once its time has come; here it is not reported twice.
  expect((await manager.consumers.info('jobs', 'nemo-jobs')).num_ack_pending).toBe(1)
})

test('an oversize message that was reported is not reported again', async () => {
  const server = await serverFor()
  const sender = await connected({ port: server.port })
  await send(sender, 'jobs', 'x'.repeat(20_000))
  const rig = await connected({ port: server.port, limits: SMALL })
  let pulls = 0
  const client = await stranger(server)
  client.subscribe('$JS.API.CONSUMER.MSG.NEXT.>', { callback: () => void pulls++ })
  await client.flush()
  const { consumer, messages } = await consume(rig, 'jobs', 1)
  await until(() => messages.length === 1, 'the report')
  await messages[0]!.ack()
  consumer.request(1)
  const manager = await jetstreamManager(await stranger(server))
  await until(() => pulls === 2, 'the second pull request')
  // It is available at once: a consumer that is made again knows nothing of delays.
  await manager.consumers.delete('jobs', 'nemo-jobs')
  await send(sender, 'jobs', 'small')
  await until(() => messages.length === 2, 'the message behind it')
  expect(text(messages[1]!.payload)).toBe('small')
  expect((await manager.streams.info('jobs')).state.messages).toBe(2)
})

test('an oversize message comes again later and later', () => {
  expect([1, 2, 3, 20].map(oversizeDelayMs)).toEqual([60_000, 120_000, 240_000, 3_600_000])
})

test('an oversize message of a subscription is counted as lost, and the connection stays', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port, limits: SMALL })
  const { messages, lost, sink } = collector()
  await rig.adapter.pubsub.subscribe('t', {}, sink, within())
  const client = await stranger(server)
  client.publish('t', bytes('a'))
  client.publish('t', Buffer.alloc(20_000))
  client.publish('t', bytes('b'))
  await until(() => messages.length === 2, 'both small messages')
  expect(lost).toEqual([[1, 'a message of 20000 bytes is larger than limits.frame']])
  expect(rig.context.lost).toEqual([])
})
