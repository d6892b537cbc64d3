import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keySlot } from '../../../src/adapters/redis/client/key-slot.js'
import { until, within } from '../../support/adapter-context.js'
import { startCluster } from '../../support/redis-cluster.js'
import type { RedisServer } from '../../support/redis-server.js'
import { bytes, connected, Deliveries, Messages, Requests } from './fixture.js'

let servers: RedisServer[]
beforeAll(async () => {
  servers = await startCluster()
})
afterAll(() => Promise.all(servers.map((server) => server.stop())))

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']
const cluster = (config: object = {}) => connected(servers[0]!.port, { config: { cluster: true, ...config } })

it('the names of this test are all over the cluster', () => {
  expect(new Set(NAMES.map((name) => Math.floor((3 * keySlot(name)) / 16_384))).size).toBe(3)
})

it('queues are consumed where they are, with delays and give-backs', async () => {
  const { adapter } = await cluster()
  for (const name of NAMES) {
    const sink = new Deliveries()
    const consumer = await adapter.queue!.consume(name, sink, within())
    consumer.request(3)
    await adapter.queue!.enqueue(name, bytes('now'), {}, within())
    await adapter.queue!.enqueue(name, bytes('later'), { delayMs: 50 }, within())
    await until(() => sink.messages.length === 2, `the messages of ${name}`)
    await sink.messages[0]!.nack(0)
    await until(() => sink.messages.length === 3, `${name} again`)
    for (const message of sink.messages) await message.ack()
    expect(sink.texts).toEqual(['now', 'later', 'now'])
    await consumer.close()
  }
})

it('messages are published to all of it, and sharded ones to one shard', async () => {
  const { adapter } = await cluster()
  const sink = new Messages()
  for (const name of NAMES) await adapter.pubsub!.subscribe(name, {}, sink, within())
  const elsewhere = await connected(servers[2]!.port)
  for (const name of NAMES) await elsewhere.adapter.pubsub!.publish(name, bytes(name), {}, within())
  await until(() => sink.messages.length === NAMES.length, 'all')
  expect(sink.texts.sort()).toEqual(NAMES)

  const sharded = await cluster({ sharded: true })
  const shard = new Messages()
  const subscriptions = []
  for (const name of NAMES)
    subscriptions.push(await sharded.adapter.pubsub!.subscribe(name, {}, shard, within()))
  const other = await cluster({ sharded: true })
  for (const name of NAMES) await other.adapter.pubsub!.publish(name, bytes(name), {}, within())
  await until(() => shard.messages.length === NAMES.length, 'all of the shards')
  expect(shard.texts.sort()).toEqual(NAMES)
  expect(sink.messages.length, 'other subscribers get none of them').toBe(NAMES.length)
  await expect(sharded.adapter.pubsub!.subscribe('a/#', {}, shard, within())).rejects.toMatchObject({
    kind: 'subscribe',
  })
  for (const subscription of subscriptions) await subscription.close()
  expect(sharded.context.lost).toEqual([])
})

it('methods are served and called wherever they are', async () => {
  const server = await cluster()
  const client = await cluster()
  for (const name of NAMES) {
    const sink = new Requests()
    await server.adapter.service!.serve(name, sink, within())
    const call = client.adapter.rpc!.call(name, { name }, within())
    await until(() => sink.messages.length === 1, `the request to ${name}`)
    await sink.messages[0]!.answer({ ok: true, value: sink.messages[0]!.params! })
    expect(await call).toEqual({ name })
  }
})

it('a slot that moves is followed', async () => {
  const { adapter } = await cluster()
  const [name] = NAMES
  const sink = new Deliveries()
  const consumer = await adapter.queue!.consume(name!, sink, within())
  consumer.request(10)
  await adapter.queue!.enqueue(name!, bytes('before'), {}, within())
  await until(() => sink.messages.length === 1, 'the first')
  await sink.messages[0]!.ack()

  const clients = servers.map(({ port }) => new Redis({ port }))
  const slot = keySlot(name!)
  const from = Math.floor((3 * slot) / 16_384)
  const to = (from + 1) % 3
  const ids = await Promise.all(clients.map(async (client) => String(await client.cluster('MYID'))))
  await clients[to]!.cluster('SETSLOT', slot, 'IMPORTING', ids[from]!)
  await clients[from]!.cluster('SETSLOT', slot, 'MIGRATING', ids[to]!)
  const keys = (await clients[from]!.cluster('GETKEYSINSLOT', slot, 100)) as string[]
  await clients[from]!.call('MIGRATE', '127.0.0.1', servers[to]!.port, '', 0, 5_000, 'KEYS', ...keys)
  for (const each of [to, from]) await clients[each]!.cluster('SETSLOT', slot, 'NODE', ids[to]!)
  for (const client of clients) client.disconnect()

  await adapter.queue!.enqueue(name!, bytes('after'), {}, within())
  await until(() => sink.messages.length === 2, 'the second')
  expect(sink.texts).toEqual(['before', 'after'])
})
