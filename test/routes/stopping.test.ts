// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { httpService } from '../support/http-service.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

const MEMORY = { type: 'memory', format: 'json' }
const reconnect = { delay: '20ms', max_delay: '100ms' }
/** Longer than a test may take: a shutdown that waits for its end fails the test. */
const NEVER = '10m'
const MESSAGES = 20
/** The package for custom adapters. */
const ADAPTER_API = new URL('../../adapter.js', import.meta.url).href

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

async function start(config: object): Promise<Gateway> {
  const gateway = await Gateway.start(config as Parameters<typeof Gateway.start>[0])
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  return gateway
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nemo-stopping-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Publishes until the route has subscribed. @returns how many messages it has received */
async function subscribed(gateway: Gateway): Promise<number> {
  await waitFor(
    async () => {
      await gateway.pubsub('app').publish('in/x', { n: -1 })
      return gateway.metrics().routes.r!.counts.received > 0
    },
    { what: 'the route to subscribe' },
  )
  return gateway.metrics().routes.r!.counts.received
}

/** A sink that can be away, and how the messages reach it. */
interface Sink {
  readonly integration: object
  readonly to: object
  /** Makes it take messages again. */
  back(): Promise<void>
  /** The numbers that have arrived. */
  found(): Promise<readonly number[]> | readonly number[]
}

const numberOf = (text: string): number => (JSON.parse(text) as { n: number }).n

async function redisStream(): Promise<Sink> {
  const server = await startRedis({ config: ['appendonly yes', 'appendfsync always'] })
  onTestFinished(() => server.stop())
  await server.kill()
  return {
    integration: {
      type: 'redis',
      format: 'json',
      endpoint: { address: '127.0.0.1', port: server.port },
      reconnect,
    },
    to: { queue: 'out' },
    back: () => server.restart(),
    async found() {
      const plain = new Redis({ port: server.port })
      const entries = await plain.xrange('out', '-', '+')
      plain.disconnect()
      return entries.map(([, fields]) => numberOf(fields[fields.indexOf('payload') + 1]!))
    },
  }
}

/** Takes what arrives over another integration of the gateway, which the broker has kept. */
async function collected(integration: object, queue: string): Promise<readonly number[]> {
  const gateway = await Gateway.start({ integrations: { look: integration } } as Parameters<
    typeof Gateway.start
  >[0])
  const found: number[] = []
  for (;;) {
    const message = await gateway.queue('look').receive(queue, { timeout: '1s' })
    if (message === undefined) break
    found.push((message.value as { n: number }).n)
    await gateway.queue('look').ack(message.id)
  }
  await gateway.shutdown()
  return found
}

async function jetStream(): Promise<Sink> {
  const server = await startNatsServer()
  onTestFinished(() => server.stop())
  await server.kill()
  const integration = {
    type: 'nats',
    format: 'json',
    endpoint: { address: '127.0.0.1', port: server.port },
    reconnect,
  }
  return {
    integration,
    to: { queue: 'out' },
    back: () => server.restart(),
    found: () => collected(integration, 'out'),
  }
}

async function mqttTopic(): Promise<Sink> {
  const broker = await startMosquitto()
  onTestFinished(() => broker.stop())
  await broker.kill()
  const found: number[] = []
  return {
    integration: {
      type: 'mqtt',
      format: 'json',
      endpoint: { address: broker.url },
      config: { clean_session: false, client_id: 'sink' },
      reconnect,
    },
    to: { topic: 'out', qos: 1 },
    async back() {
      await broker.restart()
      const plain = await mqtt.connectAsync(broker.url, { protocolVersion: 5 })
      onTestFinished(() => plain.endAsync(true))
      plain.on('message', (_topic, payload) => void found.push(numberOf(payload.toString())))
      await plain.subscribeAsync('out', { qos: 1 })
    },
    found: () => found,
  }
}

/** @param isListening whether it answers that it is not available, or nobody listens */
async function jsonRpc(isListening: boolean, more: object = {}): Promise<Sink> {
  const port = await freePort()
  const state = { isAway: true }
  const found: number[] = []
  const listen = async () => {
    const service = await httpService(({ text }, response) => {
      const { id, params } = JSON.parse(text) as { id: number; params: { n: number } }
      response.setHeader('content-type', 'application/json')
      if (state.isAway) {
        response.statusCode = 503
        return response.end('{}')
      }
      found.push(params.n)
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: true }))
    }, port)
    onTestFinished(() => service.close())
  }
  if (isListening) await listen()
  return {
    integration: {
      type: 'json-rpc',
      endpoint: { address: `http://127.0.0.1:${port}/` },
      ...more,
    },
    to: { method: 'put' },
    async back() {
      state.isAway = false
      if (!isListening) await listen()
    },
    found: () => found,
  }
}

/** An adapter that answers no message while it is away. @param event what happens when it has the first one */
async function withdrawn(event: 'dies' | 'loses its connection'): Promise<Sink> {
  const path = await folder()
  const [away, out, module] = [join(path, 'away'), join(path, 'out'), join(path, 'adapter.mjs')]
  for (const file of [away, out]) await writeFile(file, '')
  const ends =
    event === 'dies' ? 'process.exit(1)' : "context.connectionLost(new ConnectionError('it is away'))"
  await writeFile(
    module,
    `import { appendFileSync, existsSync } from 'node:fs'
import { ConnectionError } from ${JSON.stringify(ADAPTER_API)}
export const manifest = { type: 'away', capabilities: ['publish'], needsEndpoint: false, formats: ['json'] }
const isAway = () => existsSync(${JSON.stringify(away)})
export const adapter = (context) => {
  let connects = 0
  return {
    protocol: 'away',
    async connect() { if (isAway() && connects++ > 0) throw new ConnectionError('it is away') },
    async disconnect() {},
    pubsub: {
      async publish(topic, payload) {
        if (!isAway()) return appendFileSync(${JSON.stringify(out)}, new TextDecoder().decode(payload) + '\\n')
        setTimeout(() => { ${ends} })
        await new Promise(() => {})
      },
      async subscribe() { throw new Error('nothing') },
    },
  }
}`,
  )
  return {
    integration: {
      type: module,
      reconnect,
      supervision: { max_restarts: 1_000, within: '1s', backoff: '10m', max_backoff: '10m' },
    },
    to: { topic: 'out' },
    back: () => rm(away),
    async found() {
      const lines = (await readFile(out, 'utf8')).split('\n')
      return lines.filter((line) => line !== '').map(numberOf)
    },
  }
}

const SINKS: readonly (readonly [string, () => Promise<Sink>])[] = [
  ['Redis is down', redisStream],
  ['NATS is down', jetStream],
  ['MQTT is down', mqttTopic],
  ['nothing listens for JSON-RPC', () => jsonRpc(false)],
  ['a JSON-RPC service refuses', () => jsonRpc(true)],
  [
    'the breaker is open',
    () =>
      jsonRpc(true, {
        retry: { max_attempts: 1 },
        circuit_breaker: { failure_threshold: 1, success_threshold: 1, timeout: '10m' },
      }),
  ],
  ['the actor of the sink has died', () => withdrawn('dies')],
  ['an adapter has lost its connection', () => withdrawn('loses its connection')],
]

describe.each(SINKS)('while %s, a shutdown is over at once', (_, open) => {
  test('with a buffer on disk, which is sent after the next start', async () => {
    const [sink, path] = [await open(), await folder()]
    const config = {
      integrations: { source: MEMORY, app: MEMORY, sink: sink.integration },
      routes: {
        r: {
          from: { integration: 'source', topic: 'in/#' },
          to: { integration: 'sink', ...sink.to },
          buffer: { type: 'disk', path, max_bytes: '10MB' },
        },
      },
    }
    const first = await start(config)
    const received = await subscribed(first)
    for (const n of numbers(MESSAGES)) await first.pubsub('app').publish('in/x', { n })
    await waitFor(() => first.metrics().routes.r!.counts.received >= received + MESSAGES, {
      what: 'all to be received',
    })
    await first.shutdown({ timeout: NEVER })

    await sink.back()
    const second = await start(config)
    await waitFor(() => second.metrics().routes.r!.counts.routed >= MESSAGES, {
      what: () => `the messages: ${JSON.stringify(second.metrics().routes.r)}`,
    })
    await second.shutdown()
    expect((await sink.found()).filter((n) => n >= 0)).toEqual(numbers(MESSAGES))
  })

  test('without a buffer, and the messages stay with the broker of the source', async () => {
    const sink = await open()
    const broker = await startRedis({ config: ['appendonly yes', 'appendfsync always'] })
    onTestFinished(() => broker.stop())
    const plain = new Redis({ port: broker.port })
    onTestFinished(() => plain.disconnect())
    for (const n of numbers(MESSAGES)) await plain.xadd('in', '*', 'payload', JSON.stringify({ n }))
    const config = {
      integrations: {
        source: {
          type: 'redis',
          format: 'json',
          endpoint: { address: '127.0.0.1', port: broker.port },
          reconnect,
        },
        sink: sink.integration,
      },
      routes: {
        r: { from: { integration: 'source', queue: 'in' }, to: { integration: 'sink', ...sink.to } },
      },
    }
    const first = await start(config)
    await waitFor(() => first.metrics().routes.r!.waiting === MESSAGES, { what: 'the messages to be taken' })
    await first.shutdown({ timeout: NEVER })

    await sink.back()
    const second = await start(config)
    await waitFor(() => second.metrics().routes.r!.counts.routed === MESSAGES, {
      what: () => `the messages: ${JSON.stringify(second.metrics().routes.r)}`,
    })
    await second.shutdown()
    expect(second.metrics().routes.r!.counts.received).toBe(MESSAGES)
    expect([...(await sink.found())].sort((a, b) => a - b)).toEqual(numbers(MESSAGES))
  })
})

test('what only the actor has waits for the sink', async () => {
  const sink = await redisStream()
  const gateway = await start({
    integrations: { source: MEMORY, app: MEMORY, sink: sink.integration },
    routes: {
      r: { from: { integration: 'source', topic: 'in/#' }, to: { integration: 'sink', ...sink.to } },
    },
  })
  const received = await subscribed(gateway)
  for (const n of numbers(MESSAGES)) await gateway.pubsub('app').publish('in/x', { n })
  await waitFor(() => gateway.metrics().routes.r!.counts.received >= received + MESSAGES, { what: 'all' })
  const stopped = gateway.shutdown({ timeout: NEVER })
  await sink.back()
  await stopped
  expect((await sink.found()).filter((n) => n >= 0)).toEqual(numbers(MESSAGES))
})

test('a buffer in memory is emptied into the sink first', async () => {
  const sink = await redisStream()
  const gateway = await start({
    integrations: { source: MEMORY, app: MEMORY, sink: sink.integration },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', ...sink.to },
        buffer: { type: 'memory', max_bytes: '1MB' },
        window: 5,
      },
    },
  })
  for (const n of numbers(MESSAGES)) await gateway.queue('app').send('in', { n })
  await waitFor(() => gateway.metrics().routes.r!.buffered === MESSAGES, { what: 'the buffer' })
  const stopped = gateway.shutdown({ timeout: NEVER })
  await sink.back()
  await stopped
  expect(await sink.found()).toEqual(numbers(MESSAGES))
})

test('a message with quality of service waits for the sink if its broker forgets it with the session', async () => {
  const broker = await startMosquitto()
  onTestFinished(() => broker.stop())
  const plain = await mqtt.connectAsync(broker.url, { protocolVersion: 5 })
  onTestFinished(() => plain.endAsync(true))
  const sink = await redisStream()
  const gateway = await start({
    integrations: {
      source: { type: 'mqtt', format: 'json', endpoint: { address: broker.url }, reconnect },
      sink: sink.integration,
    },
    routes: {
      r: { from: { integration: 'source', topic: 'in', qos: 1 }, to: { integration: 'sink', ...sink.to } },
    },
  })
  await waitFor(
    async () => {
      await plain.publishAsync('in', '{"n":7}', { qos: 1 })
      return gateway.metrics().routes.r!.counts.received > 0
    },
    { what: 'the route to subscribe' },
  )
  const stopped = gateway.shutdown({ timeout: NEVER })
  await sink.back()
  await stopped
  expect(await sink.found()).toContain(7)
})

test('callers of a method are answered as long as the sink takes their requests, else refused at once', async () => {
  const sink = await jsonRpc(true)
  const gateway = await start({
    servers: { api: { type: 'json-rpc', listen: { address: '127.0.0.1', port: 0 } } },
    integrations: { sink: sink.integration },
    routes: { r: { from: { server: 'api', method: 'put' }, to: { integration: 'sink', ...sink.to } } },
  })
  const { port } = await waitFor(() => gateway.connections.status('api').listening, { what: 'the server' })
  const call = async (n: number) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'put', params: { n } })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers })
    return (await answer.json()) as { result?: unknown; error?: { code: number } }
  }
  const calls = numbers(MESSAGES).map(call)
  await waitFor(() => gateway.metrics().routes.r!.counts.received === MESSAGES, { what: 'the calls' })
  await gateway.shutdown({ timeout: NEVER })
  for (const { error } of await Promise.all(calls)) expect(error?.code).toBe(-32_603)
})
