import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { EventValues } from '../../src/core/events.js'
import type { LogRecord } from '../../src/core/telemetry.js'
import { Gateway, RpcError } from '../../src/index.js'
import { closedPort } from '../support/http-service.js'
import { waitFor } from '../support/wait-for.js'

let gateway: Gateway
let port: number
const records: LogRecord[] = []
const refusals: EventValues<'server:refused'>[] = []

beforeAll(async () => {
  gateway = await Gateway.start(
    {
      integrations: {
        bus: { type: 'memory' },
        gone: {
          type: 'json-rpc',
          endpoint: { address: `ws://127.0.0.1:${await closedPort()}` },
          reconnect: { delay: '1s' },
        },
      },
      data: {
        price: {
          type: 'subscription',
          integration: 'bus',
          topic: 'price',
          transform: { type: 'jq', query: '.payload' },
        },
      },
      servers: {
        api: {
          type: 'json-rpc',
          listen: { port: 0 },
          requires: ['bus'],
          expose: { data: ['price'], topics: { orders: { integration: 'bus', topic: 'orders/#' } } },
          config: { max_subscriptions: 3, subscription_buffer: 10 },
        },
        strict: { type: 'json-rpc', listen: { port: 0 }, config: { discover: false } },
        quiet: { type: 'json-rpc', listen: { port: 0 }, config: { probes: false } },
      },
    },
    { logger: (record) => records.push(record) },
  )
  gateway.on('server:refused', (event) => refusals.push(event))
  for (const name of ['api', 'strict', 'quiet'])
    await gateway
      .server(name)
      .register('add', (params) => (params as number[]).reduce((sum, n) => sum + n, 0), {
        description: 'Adds numbers.',
        params: {
          type: 'array',
          prefixItems: [{ title: 'a', type: 'number' }, { type: 'number' }],
          minItems: 1,
        },
        result: { type: 'number' },
      })
      .register('find', () => null, {
        params: { type: 'object', properties: { id: { type: 'string' }, deep: {} }, required: ['id'] },
      })
      .register('fail', (params) => {
        throw (params as string[])[0] === 'rpc' ? new RpcError(7, 'expected') : new Error('secret')
      })
      .serve()
  port = portOf('api')
})
afterAll(() => gateway.shutdown({ timeout: 100 }))

const portOf = (name: string) => gateway.connections.status(name).listening!.port

async function post(body: object, to = port) {
  const response = await fetch(`http://127.0.0.1:${to}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
  })
  return (await response.json()) as { result?: unknown; error?: { code: number; message: string } }
}

const get = (path: string, to = port) => fetch(`http://127.0.0.1:${to}${path}`)

interface Notification {
  readonly subscription: string
  readonly result?: { readonly value?: unknown; readonly payload?: unknown; readonly topic?: string }
  readonly dropped?: number
  readonly ended?: boolean
}

/** A WebSocket with calls and the notifications that it has received. Ends with the test. */
async function dial(to = port) {
  const socket = new WebSocket(`ws://127.0.0.1:${to}/`)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  const notifications: Notification[] = []
  const answers = new Map<number, (answer: { result?: unknown; error?: { code: number } }) => void>()
  const order: string[] = []
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as { id?: number; params: Notification }
    if (message.id === undefined) {
      order.push(`notification ${message.params.subscription}`)
      notifications.push(message.params)
    } else {
      order.push('answer')
      answers.get(message.id)!(message as never)
    }
  })
  let last = 0
  const call = (method: string, params: unknown) =>
    new Promise<{ result?: unknown; error?: { code: number } }>((resolve) => {
      answers.set(++last, resolve)
      socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id: last }))
    })
  return { socket, notifications, order, call }
}

describe('probes', () => {
  test('the server is alive, and ready when what it requires is connected', async () => {
    const alive = await get('/healthz')
    expect([alive.status, await alive.text()]).toEqual([200, 'ok'])
    expect((await get('/readyz')).status).toBe(200)
    // Without "requires" all integrations are required.
    const waiting = await get('/readyz', portOf('strict'))
    expect([waiting.status, await waiting.text()]).toEqual([503, 'the integration "gone" is not connected'])
    expect((await fetch(`http://127.0.0.1:${port}/healthz`, { method: 'HEAD' })).status).toBe(200)
  })

  test('can be switched off', async () => {
    expect((await get('/healthz', portOf('quiet'))).status).toBe(404)
  })
})

describe('rpc.discover', () => {
  test('describes the methods of the application', async () => {
    expect((await post({ method: 'rpc.discover' })).result).toEqual({
      openrpc: '1.3.2',
      info: { title: 'api', version: '1.0.0' },
      methods: [
        {
          name: 'add',
          description: 'Adds numbers.',
          paramStructure: 'by-position',
          params: [
            { name: 'a', required: true, schema: { title: 'a', type: 'number' } },
            { name: 'param2', required: false, schema: { type: 'number' } },
          ],
          result: { name: 'result', schema: { type: 'number' } },
        },
        {
          name: 'find',
          paramStructure: 'by-name',
          params: [
            { name: 'id', required: true, schema: { type: 'string' } },
            { name: 'deep', required: false, schema: {} },
          ],
          result: { name: 'result', schema: true },
        },
        { name: 'fail', params: [], 'x-params': 'unknown', result: { name: 'result', schema: true } },
      ],
    })
  })

  test('can be switched off, and methods of the gateway itself cannot be called or replaced', async () => {
    expect((await post({ method: 'rpc.discover' }, portOf('strict'))).error?.code).toBe(-32601)
    for (const method of ['rpc.gateway.ready', 'rpc.gateway.feed'])
      expect((await post({ method, params: { op: 'reset' } })).error?.code).toBe(-32601)
    expect(() => gateway.server('api').register('rpc.gateway.ready', () => [])).toThrow("the gateway's own")
  })
})

test('only what a handler did not expect is a failure, and callers see nothing of it', async () => {
  expect((await post({ method: 'fail', params: ['rpc'] })).error).toMatchObject({
    code: 7,
    message: 'expected',
  })
  expect(gateway.metrics().servers.api!.handlerErrors).toBe(0)
  expect((await post({ method: 'fail', params: ['other'] })).error).toEqual({
    code: -32603,
    message: 'Internal error',
  })
  expect(gateway.metrics().servers.api!.handlerErrors).toBe(1)
  expect(records.filter(({ message }) => message === 'the handler of fail failed')).toHaveLength(1)
})

test('a refusal is an event and a line of the log', async () => {
  const { length } = refusals
  expect((await get('/secret')).status).toBe(404)
  await waitFor(() => refusals.length > length, { what: () => 'the event' })
  expect(refusals.at(-1)).toEqual({
    server: 'api',
    reason: 'there is no such path',
    address: '127.0.0.1',
    count: 1,
  })
  expect(records).toContainEqual(expect.objectContaining({ message: 'server:refused', server: 'api' }))
})

describe('subscriptions', () => {
  test('deliver data and topics that are exposed, after the answer with their id', async () => {
    const bus = gateway.pubsub('bus')
    await bus.publish('price', 1)
    await waitFor(() => gateway.data('price').value === 1, { what: () => 'the data' })
    const { call, notifications, order } = await dial()
    const price = (await call('subscribe', { data: 'price' })).result as string
    const orders = (await call('subscribe', { topic: 'orders' })).result as string
    await bus.publish('orders/7', { id: 7 })
    await bus.publish('price', 2)
    const of = (id: string) => notifications.filter(({ subscription }) => subscription === id)
    await waitFor(() => of(orders).length === 1 && of(price).at(-1)?.result?.value === 2, {
      what: () => 'notifications',
    })
    expect(order[0]).toBe('answer')
    expect(of(orders)[0]!.result).toMatchObject({ topic: 'orders/7', payload: { id: 7 } })
    expect(of(price).at(-1)!.result).toMatchObject({ source: 'price', value: 2 })
    // A later subscriber gets the newest value at once.
    const other = await dial()
    await other.call('subscribe', { data: 'price' })
    await waitFor(() => other.notifications.length > 0, { what: () => 'the newest value' })
    expect(other.notifications[0]!.result).toMatchObject({ value: 2 })
    // It stops with the subscription, and other subscribers go on.
    expect((await call('unsubscribe', [price])).result).toBe(true)
    expect((await call('unsubscribe', { subscription: price })).result).toBe(false)
    const { length } = of(price)
    await bus.publish('price', 3)
    await waitFor(() => other.notifications.at(-1)!.result?.value === 3, { what: () => 'the next value' })
    expect(of(price)).toHaveLength(length)
  })

  test('of what is not exposed, or too many, are refused', async () => {
    const { call } = await dial()
    for (const params of [
      { data: 'secret' },
      { topic: '__proto__' },
      { topic: 'orders/#' },
      {},
      [],
      { data: 1 },
    ])
      expect((await call('subscribe', params)).error?.code).toBe(-32602)
    expect((await call('unsubscribe', {})).error?.code).toBe(-32602)
    for (let i = 0; i < 3; i++) expect((await call('subscribe', { topic: 'orders' })).error).toBeUndefined()
    expect((await call('subscribe', { topic: 'orders' })).error?.code).toBe(-32005)
    const closed = await dial(portOf('strict'))
    expect((await closed.call('subscribe', { data: 'price' })).error?.code).toBe(-32601)
    expect((await post({ method: 'subscribe', params: { data: 'price' } })).error?.code).toBe(-32601)
  })

  test('of a socket that does not read hold the newest value and a bounded number of messages', async () => {
    const bus = gateway.pubsub('bus')
    const deaf = await dial()
    const reading = await dial()
    await deaf.call('subscribe', { topic: 'orders' })
    const price = (await deaf.call('subscribe', { data: 'price' })).result as string
    await reading.call('subscribe', { topic: 'orders' })
    deaf.socket.pause()
    const text = 'x'.repeat(50_000)
    for (let n = 0; n < 400; n++) {
      await bus.publish('orders/1', { n, text })
      await bus.publish('price', n)
    }
    await waitFor(
      () => (reading.notifications.at(-1)?.result?.payload as { n: number } | undefined)?.n === 399,
      { what: () => 'all messages of the socket that reads' },
    )
    deaf.socket.resume()
    const last = () => deaf.notifications.filter(({ subscription }) => subscription !== price)
    await waitFor(() => (last().at(-1)?.result?.payload as { n: number } | undefined)?.n === 399, {
      what: () => 'the newest message',
    })
    const received = last().length
    expect(received).toBeLessThan(400)
    // What was not received was counted.
    expect(received + last().at(-1)!.dropped!).toBe(400)
    const values = deaf.notifications.filter(({ subscription }) => subscription === price)
    await waitFor(() => values.length > 0, { what: () => 'a value' })
    await waitFor(
      () =>
        deaf.notifications.filter(({ subscription }) => subscription === price).at(-1)!.result!.value === 399,
      { what: () => 'the newest value' },
    )
    expect(values.every(({ dropped }) => dropped === undefined)).toBe(true)
  })

  test('can be opened again after the server has crashed', async () => {
    const before = await dial()
    await before.call('subscribe', { topic: 'orders' })
    const closed = once(before.socket, 'close')
    const restarted = new Promise((resolve) => gateway.on('actor:restarted', resolve))
    await gateway.connections.inject('api', 'exit').catch(() => {})
    await Promise.all([closed, restarted])
    await waitFor(() => gateway.connections.status('api').listening !== undefined, {
      what: () => 'the server',
    })
    port = portOf('api')
    await waitFor(async () => (await get('/readyz')).status === 200, { what: () => 'the server to be ready' })
    const after = await dial()
    await after.call('subscribe', { topic: 'orders' })
    await gateway.pubsub('bus').publish('orders/9', 9)
    await waitFor(() => after.notifications.length > 0, { what: () => 'a message' })
    expect(after.notifications).toHaveLength(1)
  })

  test('are those that our own client opens', async () => {
    const caller = await Gateway.start({
      integrations: { it: { type: 'json-rpc', endpoint: { address: `ws://127.0.0.1:${port}` } } },
    })
    onTestFinished(() => caller.shutdown({ timeout: 100 }))
    const subscription = await caller.pubsub('it').subscribe('subscribe', { params: { topic: 'orders' } })
    await gateway.pubsub('bus').publish('orders/1', 'hello')
    expect((await subscription.recv())?.value).toMatchObject({ topic: 'orders/1', payload: 'hello' })
  })
})
