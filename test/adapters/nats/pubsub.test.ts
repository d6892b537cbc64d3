import { headers as natsHeaders } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import type { InboundMessage } from '../../../src/core/adapter/inbound.js'
import { UnsupportedError } from '../../../src/core/errors/operation.js'
import { PublishError, SubscribeError } from '../../../src/core/errors/pubsub.js'
import { until, within } from '../../support/adapter-context.js'
import { bytes, collector, connected, serverFor, stranger, text } from './harness.js'

const topicsOf = (messages: readonly InboundMessage[]) => messages.map(({ topic }) => topic)

test('messages and headers go to and come from the official client', async () => {
  const server = await serverFor()
  const { adapter } = await connected({ port: server.port })
  const client = await stranger(server)
  const { messages, sink } = collector()
  await adapter.pubsub.subscribe('in/#', {}, sink, within())
  const headers = natsHeaders()
  headers.append('A', '1')
  headers.append('A', '2')
  client.publish('in.x', bytes('one'), { headers })
  client.publish('in', bytes('two'))
  await until(() => messages.length === 2, 'both messages')
  expect(topicsOf(messages)).toEqual(['in/x', 'in'])
  expect(messages.map(({ payload }) => text(payload))).toEqual(['one', 'two'])
  expect(messages[0]!.headers).toMatchObject({ A: '1, 2' })

  const subscription = client.subscribe('out.>', { max: 2 })
  await client.flush()
  expect(adapter.pubsub.publish('out/y', bytes('three'), {}, within())).toBeUndefined()
  await adapter.pubsub.publish('out.z', bytes('four'), { headers: { b: 'ü' } }, within())
  const got: string[] = []
  for await (const message of subscription)
    got.push(`${message.subject} ${message.string()} ${message.headers?.get('b') ?? ''}`)
  expect(got).toEqual(['out.y three ', 'out.z four ü'])
})

test('a subscription that finishes delivers what the server had sent', async () => {
  const server = await serverFor()
  const [reader, writer] = [await connected({ port: server.port }), await connected({ port: server.port })]
  const { messages, sink } = collector()
  const subscription = await reader.adapter.pubsub.subscribe('finish', {}, sink, within())
  const sent = Array.from({ length: 2_000 }, (_, n) => `${n}`)
  for (const one of sent) await writer.adapter.pubsub.publish('finish', bytes(one), {}, within())
  await writer.adapter.ping!(AbortSignal.timeout(5_000))
  await subscription.finish!()
  expect(messages.map(({ payload }) => text(payload))).toEqual(sent)
  await writer.adapter.pubsub.publish('finish', bytes('later'), {}, within())
  await writer.adapter.ping!(AbortSignal.timeout(5_000))
  await subscription.close()
  expect(messages).toHaveLength(sent.length)
})

test('members of a queue group share messages; wildcards in the style of NATS keep it', async () => {
  const server = await serverFor()
  const group = { config: { queue_group: 'workers' }, port: server.port }
  const members = [await connected(group), await connected(group)]
  const collectors = members.map(() => collector())
  for (const [i, { adapter }] of members.entries())
    await adapter.pubsub.subscribe('shared.*', {}, collectors[i]!.sink, within())
  const client = await stranger(server)
  for (let n = 0; n < 100; n++) client.publish(`shared.${n}`)
  await until(() => collectors[0]!.messages.length + collectors[1]!.messages.length >= 100, 'all of them')
  const topics = collectors.flatMap(({ messages }) => topicsOf(messages))
  expect(new Set(topics).size).toBe(100)
  expect(topics).toContain('shared.7')
  for (const { messages } of collectors) expect(messages.length).toBeGreaterThan(0)
})

test('"#" does not show what the system says to itself', async () => {
  const server = await serverFor()
  const { adapter } = await connected({ port: server.port })
  const { messages, sink } = collector()
  await adapter.pubsub.subscribe('#', {}, sink, within())
  const client = await stranger(server)
  client.publish('$private.x')
  client.publish('public.x')
  await until(() => messages.length > 0, 'a message')
  expect(topicsOf(messages)).toEqual(['public/x'])
})

test('what is too large for the server is refused before it is sent, and the connection stays', async () => {
  const server = await serverFor({ config: ['max_payload: 1000'] })
  const { adapter, context } = await connected({ port: server.port })
  const publish = (size: number, headers?: Record<string, string>) =>
    Promise.resolve(
      adapter.pubsub.publish('t', Buffer.alloc(size), { ...(headers && { headers }) }, within()),
    )
  await publish(1_000)
  const error = await publish(1_001).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(PublishError)
  expect(error).toMatchObject({ topic: 't', retryable: false })
  expect((error as Error).message).toMatch(/1001 bytes.*max_payload \(1000/)
  await expect(publish(990, { a: 'x' })).rejects.toBeInstanceOf(PublishError)
  await expect(adapter.rpc.call('m', 'x'.repeat(1_001), within())).rejects.toMatchObject({ kind: 'rpc' })
  await adapter.ping(within().signal)
  expect(context.lost).toEqual([])
})

test('what NATS does not have is a typed error', async () => {
  const server = await serverFor({ jetstream: false })
  const { adapter } = await connected({ port: server.port })
  const { sink } = collector()
  const publish = (options: object) =>
    Promise.resolve(adapter.pubsub.publish('t', bytes(''), options, within()))
  for (const options of [{ retain: true }, { expiryMs: 10 }, { qos: 1 }, { qos: 2 }])
    await expect(publish(options), JSON.stringify(options)).rejects.toBeInstanceOf(UnsupportedError)
  await expect(adapter.pubsub.subscribe('t', { qos: 1 }, sink, within())).rejects.toBeInstanceOf(
    UnsupportedError,
  )
  await expect(adapter.pubsub.subscribe('t', { params: 1 }, sink, within())).rejects.toBeInstanceOf(
    UnsupportedError,
  )
  await expect(adapter.queue.enqueue('q', bytes(''), {}, within())).rejects.toBeInstanceOf(UnsupportedError)
  await expect(adapter.queue.consume('q', sink, within())).rejects.toBeInstanceOf(UnsupportedError)
})

test('names that are none are typed errors', async () => {
  const server = await serverFor()
  const { adapter } = await connected({ port: server.port })
  const { sink } = collector()
  for (const name of ['', 'a b', 'a\r\nPUB b 0\r\n', 'a//b', 'a.*']) {
    const publish = Promise.resolve(adapter.pubsub.publish(name, bytes(''), {}, within()))
    await expect(publish, name).rejects.toBeInstanceOf(PublishError)
    await expect(adapter.rpc.call(name, 1, within()), name).rejects.toMatchObject({ kind: 'rpc' })
    await expect(adapter.queue.enqueue(name, bytes(''), {}, within())).rejects.toMatchObject({
      kind: 'enqueue',
    })
    await expect(adapter.queue.consume(name, sink, within())).rejects.toMatchObject({ kind: 'dequeue' })
    await expect(adapter.service.serve(name, sink as never, within())).rejects.toMatchObject({
      kind: 'subscribe',
    })
  }
  await expect(adapter.pubsub.subscribe('a.>.b', {}, sink, within())).rejects.toBeInstanceOf(SubscribeError)
  const broken = { headers: { 'a b': 'c' } }
  await expect(adapter.pubsub.publish('t', bytes(''), broken, within())).rejects.toBeInstanceOf(PublishError)
})

test('qos 1 is acknowledged by the stream that keeps the topic, and refused where there is none', async () => {
  const server = await serverFor()
  const { adapter } = await connected({ port: server.port })
  await adapter.queue.enqueue('kept', bytes('first'), {}, within())
  await adapter.pubsub.publish('kept', bytes('second'), { qos: 1 }, within())
  const none = Promise.resolve(adapter.pubsub.publish('elsewhere', bytes(''), { qos: 1 }, within()))
  await expect(none).rejects.toThrow('no stream stores this subject')
  expect(await adapter.queue.enqueue('kept', bytes('third'), {}, within())).toBe('kept:3')
})

test('what the server does not permit is refused, and logged where nobody can be told', async () => {
  const permissions = 'permissions: { publish: { deny: ["no.>"] }, subscribe: { deny: ["no.>"] } }'
  const config = [`authorization { users: [ { user: "u", password: "p", ${permissions} } ] }`]
  const server = await serverFor({ config })
  const auth = { type: 'basic', username: 'u', password: 'p' } as const
  const { adapter, context } = await connected({ port: server.port, auth })
  const { sink } = collector()
  await expect(adapter.pubsub.subscribe('no.topic', {}, sink, within())).rejects.toBeInstanceOf(
    SubscribeError,
  )
  await expect(adapter.service.serve('no.method', sink as never, within())).rejects.toBeInstanceOf(
    SubscribeError,
  )
  await expect(adapter.rpc.call('no.method', 1, within())).rejects.toMatchObject({ kind: 'auth' })
  await adapter.pubsub.publish('no.topic', bytes(''), {}, within())
  await until(() => context.records.some(({ message }) => message.includes('no.topic')), 'a line in the log')
  await adapter.pubsub.subscribe('yes.topic', {}, sink, within())
  expect(context.lost).toEqual([])
})
