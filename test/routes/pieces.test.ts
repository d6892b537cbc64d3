// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { httpService } from '../support/http-service.js'
import { startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'

const MEMORY = { type: 'memory', format: 'json' }
const reconnect = { delay: '20ms', max_delay: '100ms' }

async function start(config: object): Promise<Gateway> {
  const gateway = await Gateway.start(config as Parameters<typeof Gateway.start>[0])
  onTestFinished(() => gateway.shutdown({ timeout: '2s' }))
  return gateway
}

const figures = (gateway: Gateway) => gateway.metrics().routes.r!
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

async function send(gateway: Gateway, count: number, from = 0): Promise<void> {
  for (const n of numbers(count)) await gateway.queue('app').send('in', from + n)
}

/** Takes messages out of a queue in order. */
async function take(gateway: Gateway, queue: string, count: number): Promise<unknown[]> {
  const taken: unknown[] = []
  while (taken.length < count) {
    const message = await gateway.queue('app').receive(queue, { timeout: '20s' })
    if (message === undefined) break
    taken.push(message.value)
    await gateway.queue('app').ack(message.id)
  }
  return taken
}

/** A JSON-RPC service that refuses until it is told not to, and what it has taken. */
async function service() {
  const state = { isRefusing: true, refused: 0, taken: [] as unknown[] }
  const http = await httpService(({ text }, response) => {
    const { id, params } = JSON.parse(text) as { id: number; params: readonly unknown[] }
    response.setHeader('content-type', 'application/json')
    if (state.isRefusing) {
      state.refused++
      response.statusCode = 503
      return response.end('{}')
    }
    state.taken.push(params[0])
    return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: true }))
  })
  onTestFinished(() => http.close())
  return { state, url: http.url }
}

/** A gateway with a route from a queue to a service. */
function startToService(url: string, route: object): Promise<Gateway> {
  return start({
    integrations: {
      source: MEMORY,
      app: MEMORY,
      sink: { type: 'json-rpc', endpoint: { address: url }, retry: { max_attempts: 1 } },
    },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', method: 'put' },
        transform: { type: 'jq', query: '[.payload]' },
        ...route,
      },
    },
  })
}

test.each([
  ['closed again', '100ms'],
  ['half open again and again', '20ms'],
])('messages wait in order while the breaker of the sink is open, until it is %s', async (_, timeout) => {
  const { state, url } = await service()
  const gateway = await start({
    integrations: {
      source: MEMORY,
      app: MEMORY,
      sink: {
        type: 'json-rpc',
        endpoint: { address: url },
        retry: { max_attempts: 1 },
        circuit_breaker: { failure_threshold: 2, success_threshold: 3, timeout },
      },
    },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', method: 'put' },
        transform: { type: 'jq', query: '[.payload]' },
        max_attempts: 2,
        window: 20,
      },
    },
  })
  const changes: string[] = []
  gateway.on('breaker:changed', ({ state }) => changes.push(state))
  await send(gateway, 60)
  await waitFor(() => changes.filter((each) => each === 'half-open').length > 2, {
    what: () => `the breaker to be half open: ${changes}`,
  })
  expect(figures(gateway).counts).toMatchObject({ routed: 0, deadLettered: 0, dropped: 0 })
  state.isRefusing = false
  await waitFor(() => figures(gateway).counts.routed === 60, { what: 'all messages' })
  expect(state.taken).toEqual(numbers(60))
  expect(figures(gateway).counts).toMatchObject({ deadLettered: 0, dropped: 0 })
})

test('a buffer in memory takes what the sink does not, and is emptied at its rate', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const gateway = await start({
    integrations: {
      source: MEMORY,
      app: MEMORY,
      sink: {
        type: 'redis',
        format: 'json',
        endpoint: { address: '127.0.0.1', port: server.port },
        reconnect,
      },
    },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', queue: 'out' },
        buffer: { type: 'memory', max_bytes: '10MB', drain: { rate: 1_000 } },
        window: 10,
      },
    },
  })
  await server.kill()
  await send(gateway, 500)
  // More than the window: the source is acknowledged when a message is in the buffer.
  await waitFor(() => figures(gateway).buffered === 500, { what: 'the buffer' })
  await server.restart()
  await waitFor(() => figures(gateway).counts.routed === 500, { what: 'all messages' })
  expect(figures(gateway)).toMatchObject({ buffered: 0, counts: { received: 500, dropped: 0 } })
})

test.each([
  ['drop-newest', 0],
  ['drop-oldest', 299],
] as const)('a full buffer in memory with when_full = "%s"', async (whenFull, survivor) => {
  const { state, url } = await service()
  const gateway = await startToService(url, {
    buffer: { type: 'memory', max_bytes: '64KB', when_full: whenFull },
    window: 4,
  })
  for (const n of numbers(300)) await gateway.queue('app').send('in', `${n} ${'x'.repeat(1_000)}`)
  await waitFor(() => figures(gateway).counts.received === 300, { what: 'all to be received' })
  expect(figures(gateway).counts.dropped).toBeGreaterThan(100)
  state.isRefusing = false
  await waitFor(() => figures(gateway).buffered === 0, { what: 'the rest' })
  // The last message may have been received and not yet dropped.
  const { dropped } = figures(gateway).counts
  const taken = state.taken.map((text) => Number.parseInt(text as string, 10))
  expect(taken).toContain(survivor)
  expect(taken).toEqual([...taken].sort((a, b) => a - b))
  expect(new Set(taken).size).toBeGreaterThanOrEqual(300 - dropped)
})

test('messages older than max_age are dropped and counted', async () => {
  const { state, url } = await service()
  const gateway = await startToService(url, {
    buffer: { type: 'memory', max_bytes: '1MB', max_age: '1s' },
    window: 1,
  })
  await send(gateway, 20)
  await waitFor(() => figures(gateway).buffered === 20, { what: 'the buffer' })
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  state.isRefusing = false
  await send(gateway, 1, 100)
  await waitFor(() => state.taken.includes(100), { what: 'the new message' })
  await waitFor(() => figures(gateway).buffered === 0, { what: 'the buffer to be empty' })
  // At most those that were with the sink already.
  expect(state.taken.filter((n) => n !== 100).length).toBeLessThan(20)
  expect(figures(gateway).counts.dropped).toBe(21 - state.taken.length)
})

test('join adds the newest value of a data block, and a query on the slow path keeps the order', async () => {
  const gateway = await start({
    integrations: { source: MEMORY, sink: MEMORY, app: MEMORY },
    data: {
      rate: {
        type: 'subscription',
        integration: 'source',
        topic: 'rate',
        transform: [{ type: 'jq', query: '.payload' }],
      },
    },
    routes: {
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', queue: 'out' },
        transform: [
          { type: 'jq', query: '{ n: .payload, f: (.payload + 1 | tgamma) }' },
          { type: 'join', with: 'data.rate' },
        ],
      },
    },
  })
  await waitFor(
    async () => {
      await gateway.pubsub('app').publish('rate', 7)
      return gateway.data('rate').value === 7
    },
    { what: 'the rate' },
  )
  // The route learns of it a moment later.
  await waitFor(
    async () => {
      await send(gateway, 1)
      const [probe] = await take(gateway, 'out', 1)
      return (probe as { rate: unknown }).rate === 7
    },
    { what: 'the rate in the route' },
  )
  await send(gateway, 100)
  const taken = (await take(gateway, 'out', 100)) as { n: number; f: number; rate: number }[]
  expect(taken.map(({ n }) => n)).toEqual(numbers(100))
  expect(taken[4]).toEqual({ n: 4, f: 24, rate: 7 })
  expect(taken.every(({ rate }) => rate === 7)).toBe(true)
})

test('a request to a server block is answered when the sink has accepted it, and refused when it cannot', async () => {
  const gateway = await start({
    servers: { api: { type: 'json-rpc', listen: { address: '127.0.0.1', port: 0 } } },
    integrations: { sink: MEMORY, app: MEMORY },
    routes: {
      r: {
        from: { server: 'api', method: 'put' },
        to: { integration: 'sink', queue: 'of-${message.payload.site}' },
      },
    },
  })
  const listening = await waitFor(() => gateway.connections.status('api').listening, { what: 'the server' })
  const call = async (params: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'put', params })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${listening.port}/`, { method: 'POST', body, headers })
    return (await answer.json()) as { result?: unknown; error?: { code: number } }
  }
  expect((await call({ site: 'north', n: 1 })).error).toBeUndefined()
  expect(await take(gateway, 'of-north', 1)).toEqual([{ site: 'north', n: 1 }])
  expect((await call({ n: 2 })).error).toMatchObject({ code: -32_603 })
  expect(figures(gateway).counts).toMatchObject({ received: 2, routed: 1, deadLettered: 1 })
})
