// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { httpService } from '../support/http-service.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

const MEMORY = { type: 'memory', format: 'json' }
const reconnect = { delay: '20ms', max_delay: '100ms' }

async function start(config: object): Promise<Gateway> {
  const gateway = await Gateway.start(config as Parameters<typeof Gateway.start>[0])
  onTestFinished(() => gateway.shutdown({ timeout: '2s' }))
  return gateway
}

async function connected(gateway: Gateway, name: string): Promise<void> {
  await waitFor(() => gateway.connections.status(name).state === 'connected', { what: `${name} to connect` })
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nemo-routes-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function redisServer() {
  const server = await startRedis({ config: ['appendonly yes', 'appendfsync always'] })
  onTestFinished(() => server.stop())
  const integration = {
    type: 'redis',
    format: 'json',
    endpoint: { address: '127.0.0.1', port: server.port },
    reconnect,
  }
  const read = async (queue: string) => {
    const plain = new Redis({ port: server.port })
    const entries = await plain.xrange(queue, '-', '+')
    plain.disconnect()
    return entries.map(([, fields]) => JSON.parse(fields[fields.indexOf('payload') + 1]!) as unknown)
  }
  return { server, integration, read }
}

test('a buffer on disk keeps what a topic has forgotten, over the end of the gateway', async () => {
  const { server, integration, read } = await redisServer()
  const path = await folder()
  const config = {
    integrations: { source: MEMORY, app: MEMORY, sink: integration },
    routes: {
      r: {
        from: { integration: 'source', topic: 'in/#' },
        to: { integration: 'sink', queue: 'out' },
        buffer: { type: 'disk', path, max_bytes: '10MB' },
      },
    },
  }
  const first = await start(config)
  for (const name of ['source', 'app', 'sink']) await connected(first, name)
  await server.kill()
  await waitFor(
    async () => {
      await first.pubsub('app').publish('in/x', { n: -1 })
      return first.metrics().routes.r!.buffered > 0
    },
    { what: 'the route to store messages' },
  )
  for (let n = 0; n < 200; n++) await first.pubsub('app').publish('in/x', { n })
  const { received } = first.metrics().routes.r!.counts
  await waitFor(() => first.metrics().routes.r!.buffered >= Math.max(200, received), {
    what: 'all to be stored',
  })
  await first.shutdown({ timeout: '1s' })

  await server.restart()
  const second = await start(config)
  await waitFor(async () => (await read('out')).length >= 200, { what: 'the messages' })
  await waitFor(() => second.metrics().routes.r!.buffered === 0, { what: 'the buffer to be empty' })
  const numbers = (await read('out')).map((value) => (value as { n: number }).n).filter((n) => n >= 0)
  expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n))
})

test('a topic without acknowledgement is dropped and counted while the sink is away, and memory stays bounded', async () => {
  const nats = await startNatsServer()
  onTestFinished(() => nats.stop())
  const { server, integration, read } = await redisServer()
  const gateway = await start({
    integrations: {
      source: {
        type: 'nats',
        endpoint: { address: '127.0.0.1', port: nats.port },
        mailbox: { messages: 100 },
      },
      sink: integration,
    },
    routes: {
      r: {
        from: { integration: 'source', topic: 'in' },
        to: { integration: 'sink', queue: 'out' },
        window: 50,
        overflow: 'drop-oldest',
      },
    },
  })
  for (const name of ['source', 'sink']) await connected(gateway, name)
  await server.kill()
  await waitFor(() => gateway.connections.status('sink').state !== 'connected', { what: 'the loss' })
  const plain = await connect({ servers: nats.url })
  onTestFinished(() => plain.close())
  for (let n = 0; n < 2_000; n++) plain.publish('in', JSON.stringify(n))
  await plain.flush()
  await waitFor(() => gateway.metrics().routes.r!.counts.received === 2_000, { what: 'all to be received' })
  const { waiting, counts } = gateway.metrics().routes.r!
  expect(waiting).toBeLessThanOrEqual(100)
  expect(counts.dropped).toBe(2_000 - waiting)
  await server.restart()
  await waitFor(() => gateway.metrics().routes.r!.counts.routed >= waiting, { what: 'the rest to be sent' })
  expect((await read('out')).at(-1)).toBe(1_999)
})

test('a message that kills the actor of the sink is dead-lettered, and the others arrive', async () => {
  const path = await folder()
  await writeFile(
    join(path, 'poisonable.mjs'),
    `export const manifest = { type: 'poisonable', capabilities: ['publish'], needsEndpoint: false, formats: ['json'] }
export const adapter = () => ({
  protocol: 'poisonable', async connect() {}, async disconnect() {},
  pubsub: {
    async publish(topic, payload) {
      if (new TextDecoder().decode(payload) === '13') process.nextTick(() => { throw new Error('poison') })
      await new Promise((resolve) => setTimeout(resolve, 5))
    },
    async subscribe() { throw new Error('nothing') } } })`,
  )
  const supervision = { max_restarts: 100, backoff: '1ms', max_backoff: '10ms', poison_threshold: 3 }
  const gateway = await start({
    integrations: { source: MEMORY, app: MEMORY, sink: { type: join(path, 'poisonable.mjs'), supervision } },
    routes: { r: { from: { integration: 'source', queue: 'in' }, to: { integration: 'sink', topic: 't' } } },
  })
  const died: unknown[] = []
  gateway.on('message:dead', (letter) => died.push(letter))
  for (let n = 0; n < 40; n++) await gateway.queue('app').send('in', n)
  await waitFor(() => gateway.metrics().routes.r!.counts.routed === 39, {
    what: () => `39 messages: ${JSON.stringify(gateway.metrics().routes.r)}`,
  })
  await waitFor(() => died.length > 0, { what: 'the dead letter' })
  expect(died).toEqual([
    expect.objectContaining({
      route: 'r',
      reason: expect.stringContaining('3 actors'),
      bytes: new TextEncoder().encode('13'),
    }),
  ])
})

test('messages of one key are called in order and one at a time, others meanwhile', async () => {
  const open = new Map<string, number>()
  const seen: { key: string; n: number }[] = []
  let most = 0
  const service = await httpService(({ text }, response) => {
    const { id, params } = JSON.parse(text) as { id: number; params: { key: string; n: number } }
    expect(open.get(params.key) ?? 0).toBe(0)
    open.set(params.key, 1)
    most = Math.max(
      most,
      [...open.values()].reduce((a, b) => a + b, 0),
    )
    seen.push(params)
    setTimeout(() => {
      open.set(params.key, 0)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: true }))
    }, 2)
  })
  onTestFinished(() => service.close())
  const gateway = await start({
    integrations: {
      source: MEMORY,
      app: MEMORY,
      sink: { type: 'json-rpc', endpoint: { address: service.url } },
    },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', method: 'put' },
        key: '${message.payload.key}',
        concurrency: 4,
      },
    },
  })
  const keys = ['a', 'b', 'c']
  for (let n = 0; n < 150; n++) void gateway.queue('app').send('in', { key: keys[n % 3], n })
  await waitFor(() => seen.length === 150, { what: () => `150 calls, seen ${seen.length}` })
  for (const key of keys) {
    const order = seen.filter((each) => each.key === key).map(({ n }) => n)
    expect(order).toEqual([...order].sort((a, b) => a - b))
  }
  expect(most).toBeGreaterThan(1)
})

test('calls are sent in batches', async () => {
  const sizes: number[] = []
  const service = await httpService(({ text }, response) => {
    const calls = [JSON.parse(text)].flat() as { id: number; params: readonly [number] }[]
    sizes.push(calls.length)
    const answers = calls.map(({ id, params: [n] }) =>
      n === 7
        ? { jsonrpc: '2.0', id, error: { code: 1, message: 'not seven' } }
        : { jsonrpc: '2.0', id, result: n },
    )
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers))
  })
  onTestFinished(() => service.close())
  const gateway = await start({
    integrations: {
      source: MEMORY,
      app: MEMORY,
      sink: { type: 'json-rpc', endpoint: { address: service.url } },
    },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', method: 'put' },
        transform: { type: 'jq', query: '[.payload]' },
        batch: { messages: 20, within: '20ms' },
        dead_letter: { integration: 'source', queue: 'dead' },
      },
    },
  })
  for (let n = 0; n < 100; n++) void gateway.queue('app').send('in', n)
  await waitFor(() => gateway.metrics().routes.r!.counts.routed === 99, { what: '99 accepted calls' })
  expect(Math.max(...sizes)).toBeGreaterThan(1)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(20)
  const letter = await gateway.queue('app').receive('dead', { timeout: '10s' })
  expect(letter).toMatchObject({ value: 7, headers: { 'nemo-dead-letter-reason': 'not seven' } })
  await gateway.queue('app').ack(letter!.id)
})

test('a sink without headers gets the messages without them', async () => {
  const port = await freePort()
  const gateway = await start({
    brokers: { local: { type: 'mqtt', listen: { address: '127.0.0.1', port } } },
    integrations: {
      source: MEMORY,
      app: MEMORY,
      sink: { type: 'mqtt', format: 'json', endpoint: { address: '127.0.0.1', port }, reconnect },
    },
    routes: {
      r: { from: { integration: 'source', queue: 'in' }, to: { integration: 'sink', topic: 'out', qos: 1 } },
    },
  })
  // Sent at once: the first message may wait for a connection whose version is not known yet.
  await gateway.queue('app').send('in', 'first', { headers: { a: 'b' } })
  const subscription = await gateway.pubsub('sink').subscribe('out')
  await waitFor(() => gateway.metrics().routes.r!.counts.routed === 1, { what: 'the first' })
  await gateway.queue('app').send('in', 'second', { headers: { a: 'b' } })
  let message = await subscription.recv()
  if (message?.value === 'first') message = await subscription.recv()
  expect(message?.value).toBe('second')
  await waitFor(() => gateway.metrics().routes.r!.counts.routed === 2, { what: 'the second' })
  expect(gateway.metrics().routes.r!.counts.deadLettered).toBe(0)
})

test('MQTT messages keep their headers and their content type', async () => {
  const broker = await startMosquitto()
  onTestFinished(() => broker.stop())
  const integration = { type: 'mqtt', format: 'json', endpoint: { address: broker.url }, reconnect }
  const gateway = await start({
    integrations: { source: integration, sink: integration },
    routes: {
      r: {
        from: { integration: 'source', topic: 'in', qos: 1 },
        to: { integration: 'sink', topic: 'out', qos: 1 },
      },
    },
  })
  for (const name of ['source', 'sink']) await connected(gateway, name)
  const plain = await mqtt.connectAsync(broker.url, { protocolVersion: 5 })
  onTestFinished(() => plain.endAsync(true))
  const arrived = new Promise<mqtt.IPublishPacket>((resolve) =>
    plain.once('message', (_topic, _payload, packet) => resolve(packet)),
  )
  await plain.subscribeAsync('out', { qos: 1 })
  const properties = { contentType: 'application/json', userProperties: { site: 'one' } }
  // Nobody may have subscribed yet.
  await waitFor(
    async () => {
      await plain.publishAsync('in', '7', { qos: 1, properties })
      return gateway.metrics().routes.r!.counts.routed > 0
    },
    { what: 'the route', everyMs: 100 },
  )
  expect((await arrived).properties).toMatchObject({
    contentType: 'application/json',
    userProperties: { site: 'one', 'nemo-hops': '1' },
  })
})

test('keys on disk recognise a redelivery after the end of the gateway', async () => {
  const path = await folder()
  const { integration, read } = await redisServer()
  const config = {
    integrations: { app: MEMORY, source: MEMORY, sink: integration },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', queue: 'out' },
        idempotency: { key: '${message.headers.id}', store: 'disk', path },
      },
    },
  }
  for (const round of [1, 2]) {
    const gateway = await start(config)
    for (const id of ['a', 'b', `only ${round}`])
      await gateway.queue('app').send('in', id, { headers: { id } })
    await waitFor(() => gateway.metrics().routes.r!.counts.received === 3, { what: 'three' })
    await waitFor(() => gateway.metrics().routes.r!.waiting === 0, { what: 'the sink' })
    await gateway.shutdown()
  }
  expect(await read('out')).toEqual(['a', 'b', 'only 1', 'only 2'])
})

test('a shutdown settles what is in the window and leaves the rest with the broker', async () => {
  const [source, sink] = [await redisServer(), await redisServer()]
  const plain = new Redis({ port: source.server.port })
  onTestFinished(() => plain.disconnect())
  for (let n = 0; n < 5_000; n++) void plain.xadd('in', '*', 'payload', String(n))
  await plain.ping()
  const config = {
    integrations: { source: source.integration, sink: sink.integration },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', queue: 'out' },
        window: 200,
      },
    },
  }
  let starts = 0
  while ((await sink.read('out')).length < 5_000 && starts++ < 50) {
    const gateway = await start(config)
    await waitFor(() => gateway.metrics().routes.r!.counts.routed > 300, {
      what: 'some',
      timeoutMs: 3_000,
    }).catch(() => {})
    await gateway.shutdown()
  }
  // Orderly ends deliver nothing twice. What was given back comes later than others.
  const numbers = (await sink.read('out')) as number[]
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, n) => n))
}, 120_000)
