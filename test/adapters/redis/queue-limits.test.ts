import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { type RedisServer, startRedis } from '../../support/redis-server.js'
import { bytes, connected, Deliveries } from './fixture.js'

let server: RedisServer
/** A plain client, which sees what the server has. */
let client: Redis
beforeAll(async () => {
  server = await startRedis()
  client = new Redis({ port: server.port })
})
afterAll(async () => {
  client.disconnect()
  await server.stop()
})
beforeEach(() => client.flushall())

async function consumer(config: object = {}, queue = 'jobs', clientId?: string) {
  const made = await connected(server.port, { config }, clientId)
  const sink = new Deliveries()
  const consuming = await made.adapter.queue!.consume(queue, sink, within())
  return { ...made, sink, consuming }
}

describe('trimming', () => {
  it('removes what every group has acknowledged, and nothing else', async () => {
    const { sink, consuming } = await consumer({ claim_after: 300 })
    await client.xgroup('CREATE', 'jobs', 'others', '0')
    for (let n = 0; n < 10; n++) await client.xadd('jobs', '*', 'payload', `${n}`)
    consuming.request(10)
    await until(() => sink.messages.length === 10, 'all')
    for (const message of sink.messages.slice(0, 4)) await message.ack()
    await sink.messages[6]!.ack()
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(await client.xlen('jobs'), 'the other group has read nothing').toBe(10)
    await client.xreadgroup('GROUP', 'others', 'o', 'STREAMS', 'jobs', '>')
    await client.xack('jobs', 'others', ...sink.messages.map(({ id }) => id!))
    await sink.messages[5]!.ack()
    await expect.poll(() => client.xlen('jobs')).toBe(6)
    for (const at of [4, 7, 8, 9]) await sink.messages[at]!.ack()
    await expect.poll(() => client.xlen('jobs')).toBe(0)
  })

  it('keeps as many as it is told', async () => {
    const { sink, consuming } = await consumer({ max_len: 3, claim_after: 300 })
    for (let n = 0; n < 10; n++) await client.xadd('jobs', '*', 'payload', `${n}`)
    consuming.request(10)
    await until(() => sink.messages.length === 10, 'all')
    for (const message of sink.messages) await message.ack()
    await expect.poll(() => client.xlen('jobs')).toBe(3)
    expect((await client.xrange('jobs', '-', '+')).map(([, fields]) => fields[1])).toEqual(['7', '8', '9'])
  })
})

it('a group that is gone is made anew', async () => {
  const { adapter, context, sink, consuming } = await consumer({ block: 50 })
  consuming.request(2)
  await client.flushall()
  await adapter.queue!.enqueue('jobs', bytes('after'), {}, within())
  await until(() => sink.messages.length === 1, 'the entry')
  expect(context.records.map(({ message }) => message).join()).toMatch(/made anew/)
})

it('what is no stream is refused with a DequeueError and an EnqueueError', async () => {
  await client.set('text', '1')
  const { adapter } = await connected(server.port)
  await expect(adapter.queue!.enqueue('text', bytes('x'), {}, within())).rejects.toMatchObject({
    kind: 'enqueue',
    retryable: false,
    message: expect.stringMatching(/WRONGTYPE/),
  })
  await expect(adapter.queue!.consume('text', new Deliveries(), within())).rejects.toMatchObject({
    kind: 'dequeue',
    retryable: false,
  })
})

it('many large entries at once stay within the limit of a frame, also those of an earlier life', async () => {
  const limits = { memory: 1e9, frame: 100_000 }
  const made = await connected(server.port, { limits }, 'large')
  const sink = new Deliveries()
  const consuming = await made.adapter.queue!.consume('jobs', sink, within())
  for (let n = 0; n < 40; n++) await client.xadd('jobs', '*', 'payload', 'x'.repeat(90_000))
  consuming.request(100)
  await until(() => sink.messages.length === 40, 'all of them')
  expect(made.context.lost).toEqual([])
  await made.adapter.disconnect()
  const again = await connected(server.port, { limits }, 'large')
  const second = new Deliveries()
  const recovering = await again.adapter.queue!.consume('jobs', second, within())
  recovering.request(100)
  await until(() => second.messages.length === 40, 'all of them again')
  await client.xadd('jobs', '*', 'payload', 'x'.repeat(100_001))
  await until(() => again.context.lost.length === 1, 'one that is larger ends the connection')
  expect(again.context.lost[0]!.message).toMatch(/more than 100000 bytes/)
})

it('more connections than the pool has are refused', async () => {
  const { adapter } = await connected(server.port, { config: { pool_size: 2 } })
  await adapter.queue!.consume('a', new Deliveries(), within())
  await expect(adapter.queue!.consume('b', new Deliveries(), within())).rejects.toMatchObject({
    kind: 'connection',
    retryable: false,
    message: expect.stringMatching(/pool_size/),
  })
})

it('a server that is out of memory refuses with an error worth a retry', async () => {
  const { adapter } = await connected(server.port)
  await client.config('SET', 'maxmemory', '1')
  const refused = adapter.queue!.enqueue('jobs', bytes('x'), {}, within())
  await expect(refused).rejects.toMatchObject({
    kind: 'enqueue',
    retryable: true,
    message: expect.stringMatching(/OOM/),
  })
  await client.config('SET', 'maxmemory', '0')
  await adapter.queue!.enqueue('jobs', bytes('x'), {}, within())
})
