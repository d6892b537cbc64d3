import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPattern } from '../../../src/adapters/redis/patterns.js'
import { until, within } from '../../support/adapter-context.js'
import { type RedisServer, startRedis } from '../../support/redis-server.js'
import { bytes, connected, Deliveries, Messages } from './fixture.js'

let server: RedisServer
let client: Redis
beforeAll(async () => {
  server = await startRedis({ config: ['client-output-buffer-limit pubsub 1mb 0 0'] })
  client = new Redis({ port: server.port })
})
afterAll(async () => {
  client.disconnect()
  await server.stop()
})

it('a subscription that finishes delivers what the server had sent', async () => {
  const [reader, writer] = [await connected(server.port), await connected(server.port)]
  const sink = new Messages()
  const subscription = await reader.adapter.pubsub!.subscribe('finish', {}, sink, within())
  const sent = Array.from({ length: 2_000 }, (_, n) => `${n}`)
  const publish = (one: string) => writer.adapter.pubsub!.publish('finish', bytes(one), {}, within())
  await Promise.all(sent.map(publish))
  await subscription.finish!()
  expect(sink.texts).toEqual(sent)
  await publish('later')
  await subscription.close()
  expect(sink.texts).toHaveLength(sent.length)
})

describe('patterns', () => {
  it.each([
    ['news', { kind: 'channel', channel: 'news' }],
    ['a/b+c', { kind: 'channel', channel: 'a/b+c' }],
    ['a#', { kind: 'channel', channel: 'a#' }],
    ['news.*', { kind: 'glob', glob: 'news.*' }],
    ['h[ae]llo?', { kind: 'glob', glob: 'h[ae]llo?' }],
    ['a/+/c', { kind: 'glob', glob: 'a/*/c' }],
    ['a/#', { kind: 'glob', glob: 'a*' }],
    ['#', { kind: 'glob', glob: '*' }],
    ['a\\b/+', { kind: 'glob', glob: 'a\\\\b/*' }],
  ])('%s', (pattern, expected) => {
    expect(readPattern(pattern)).toMatchObject(expected)
  })

  it('of Redis and of MQTT bring what they stand for', async () => {
    const { adapter } = await connected(server.port)
    const sinks: Record<string, Messages> = {}
    for (const pattern of ['w/1', 'w/*', 'w/+', 'w/#', '+/1', 'w/?', 'v*']) {
      sinks[pattern] = new Messages()
      await adapter.pubsub!.subscribe(pattern, {}, sinks[pattern], within())
    }
    for (const channel of ['w', 'w/1', 'w/12', 'w/1/2', 'v/1', '$w/1']) await client.publish(channel, channel)
    await client.publish('w/1', 'end')
    await until(() => Object.values(sinks).every(({ texts }) => texts.length > 0), 'messages everywhere')
    await until(() => sinks['w/#']!.texts.includes('end'), 'the last message')
    expect(Object.fromEntries(Object.entries(sinks).map(([pattern, { texts }]) => [pattern, texts]))).toEqual(
      {
        'w/1': ['w/1', 'end'],
        'w/*': ['w/1', 'w/12', 'w/1/2', 'end'],
        'w/+': ['w/1', 'w/12', 'end'],
        'w/#': ['w', 'w/1', 'w/12', 'w/1/2', 'end'],
        '+/1': ['w/1', 'v/1', 'end'],
        'w/?': ['w/1', 'end'],
        'v*': ['v/1'],
      },
    )
    expect(sinks['w/#']!.messages[0]!.topic).toBe('w')
  })
})

it.each([2, 3] as const)('speaks RESP %i: messages, queues and calls', async (protocol) => {
  const { adapter } = await connected(server.port, { config: { protocol, database: 3 } })
  const sink = new Messages()
  await adapter.pubsub!.subscribe('t', {}, sink, within())
  await adapter.pubsub!.subscribe('u*', {}, sink, within())
  await adapter.pubsub!.publish('t', Uint8Array.of(0, 255, 13, 10), {}, within())
  await adapter.pubsub!.publish('u1', new Uint8Array(0), {}, within())
  await until(() => sink.messages.length === 2, 'both')
  expect(sink.messages.map(({ payload }) => [...payload])).toEqual([[0, 255, 13, 10], []])
  await adapter.service!.serve(
    'm',
    {
      deliver(request) {
        request.answer({ ok: true, value: request.params! }).catch(() => {})
        return true
      },
      lost: () => {},
      end: () => {},
    },
    within(),
  )
  expect(await adapter.rpc!.call('m', [1], within())).toEqual([1])
  await client.select(3)
  expect(await client.exists('nemo:rpc:m')).toBe(1)
  await client.select(0)
  expect(await client.exists('nemo:rpc:m')).toBe(0)
  await adapter.disconnect()
  await expect.poll(() => client.pubsub('NUMSUB', 't')).toEqual(['t', 0])
})

it('a later subscription of the same pattern outlives an earlier one', async () => {
  const { adapter } = await connected(server.port)
  const [first, second] = [new Messages(), new Messages()]
  const earlier = await adapter.pubsub!.subscribe('same', {}, first, within())
  const later = await adapter.pubsub!.subscribe('same', {}, second, within())
  await earlier.close()
  await client.publish('same', '1')
  await until(() => second.messages.length === 1, 'the message')
  expect(first.messages).toEqual([])
  await Promise.all([later.close(), later.close()])
  await expect.poll(() => client.pubsub('NUMSUB', 'same')).toEqual(['same', 0])
})

it.each([
  [{ headers: { a: '1' } }, /headers/],
  [{ retain: true }, /does not retain/],
  [{ qos: 2 as const }, /QoS 2/],
])('refuses to publish with %j', async (options, message) => {
  const { adapter } = await connected(server.port)
  const publish = adapter.pubsub!.publish('t', bytes('x'), options, within())
  await expect(publish).rejects.toMatchObject({
    kind: 'publish',
    retryable: false,
    message: expect.stringMatching(message),
  })
})

describe('back-pressure', () => {
  it('reads no further while a sink is full, and loses nothing for that', async () => {
    const { adapter, context } = await connected(server.port)
    const [slow, other] = [new Messages(), new Messages()]
    slow.room = false
    const subscription = await adapter.pubsub!.subscribe('slow', {}, slow, within())
    await adapter.pubsub!.subscribe('other', {}, other, within())
    const payload = 'x'.repeat(10_000)
    for (let n = 0; n < 200; n++) await client.publish('slow', payload)
    await client.publish('other', 'end')
    await until(() => slow.messages.length > 0, 'the first')
    expect(slow.messages.length).toBeLessThan(200)
    expect(other.messages).toEqual([])
    slow.room = true
    subscription.resume()
    await until(() => other.messages.length === 1, 'all of it')
    expect(slow.messages.length).toBe(200)
    expect(context.lost).toEqual([])
  })

  it('the server cuts a subscriber that stays unread for too long: a gap, and nothing else is disturbed', async () => {
    const { adapter, context } = await connected(server.port)
    const [sink, deliveries] = [new Messages(), new Deliveries()]
    sink.room = false
    const subscription = await adapter.pubsub!.subscribe('flood', {}, sink, within())
    const consumer = await adapter.queue!.consume('calm', deliveries, within())
    consumer.request(1)
    const payload = Buffer.alloc(1_000_000)
    for (let n = 0; n < 30; n++) await client.publish('flood', payload)
    subscription.resume()
    sink.room = true
    await until(() => sink.errors.length === 1, 'the loss')
    expect(sink.errors[0]).toMatchObject({ kind: 'connection', retryable: true })
    expect(sink.losses).toEqual([[0, expect.stringMatching(/lost: connection to 127\.0\.0\.1:\d+/)]])
    await subscription.close()
    await adapter.queue!.enqueue('calm', bytes('still here'), {}, within())
    await until(() => deliveries.messages.length === 1, 'the queue goes on')
    const again = new Messages()
    await adapter.pubsub!.subscribe('flood', {}, again, within())
    await client.publish('flood', 'x')
    await until(() => again.texts.includes('x'), 'the subscription that was asked for again')
    expect(context.lost).toEqual([])
  })

  it('room that comes while a message is being delivered is not forgotten', async () => {
    const { adapter } = await connected(server.port)
    const texts: string[] = []
    const subscription = await adapter.pubsub!.subscribe(
      'eager',
      {},
      {
        deliver({ payload }) {
          texts.push(Buffer.from(payload).toString())
          subscription.resume()
          return false
        },
        lost: () => {},
        end: () => {},
      },
      within(),
    )
    for (const text of ['1', '2', '3']) {
      await client.publish('eager', text)
      await until(() => texts.includes(text), text)
    }
  })

  it('the loss of the whole connection is a gap of every subscription', async () => {
    const { adapter, context } = await connected(server.port)
    const sinks = [new Messages(), new Messages()]
    await adapter.pubsub!.subscribe('a', {}, sinks[0]!, within())
    await adapter.pubsub!.subscribe('b*', {}, sinks[1]!, within())
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await until(() => context.lost.length === 1, 'the loss')
    for (const { losses } of sinks)
      expect(losses).toEqual([[0, expect.stringMatching(/messages published while disconnected are lost/)]])
  })

  it('a message that is larger than the limit is counted, and the next one arrives', async () => {
    const { adapter, context } = await connected(server.port, { limits: { memory: 1e9, frame: 10_000 } })
    const sinks = [new Messages(), new Messages()]
    await adapter.pubsub!.subscribe('big/1', {}, sinks[0]!, within())
    await adapter.pubsub!.subscribe('big/+', {}, sinks[1]!, within())
    await client.publish('big/1', 'x'.repeat(300_000))
    await client.publish('big/1', 'ok')
    for (const sink of sinks) {
      await until(() => sink.messages.length === 1, 'the small one')
      expect(sink.texts).toEqual(['ok'])
      expect(sink.losses).toEqual([
        [1, expect.stringMatching(/300000 bytes on "big\/1".*limits.frame \(10000/)],
      ])
    }
    expect(context.lost).toEqual([])
  })
})
