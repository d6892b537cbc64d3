import { connect, type IncomingHttpHeaders } from 'node:http2'
import { fileURLToPath } from 'node:url'
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SerializeError } from '../../../src/core/errors/operation.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import { Gateway } from '../../../src/gateway.js'
import { operation, until, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { freePort } from '../../support/server-process.js'
import { waitFor } from '../../support/wait-for.js'
import { connected, Listener, never, rigFor, served } from './harness.js'

const proto = fileURLToPath(new URL('../../../../test/adapters/grpc/shop.proto', import.meta.url))
const protobuf = { format: 'protobuf', config: { proto } }

interface Order {
  readonly id: number
  readonly price: number
}

const handlers = {
  'shop.Orders/Get': ({ params }: { params?: unknown }) => ({
    ...(params as Order),
    title: 'ü',
    seal: Uint8Array.of(1, 2),
  }),
  Place: ({ params }: { params?: unknown }) => ({ count: (params as readonly Order[]).length }),
  List: ({ params }: { params?: unknown }) => [params as never, { id: 2 }, { id: 3 }],
  Price: ({ params }: { params?: unknown }) =>
    (params as readonly Order[]).map(({ id }) => ({ id, price: id * 2 })),
}

test('a port that is in use is an error that says so, in the words of the other servers', async () => {
  const { adapter, context } = await served(handlers, protobuf)
  const { port } = adapter.listening!
  expect(await failureOf(served(handlers, protobuf, { port }))).toMatchObject({
    kind: 'connection',
    reason: `cannot listen at 127.0.0.1, port ${port}: it is in use`,
  })
  // The event `connection:changed` says where it listens, so the adapter need not.
  expect(context.records).toEqual([])
})

describe('methods of every kind', () => {
  test.each([
    ['described by the same file', { config: { proto } }],
    ['described by reflection', {}],
    ['described by reflection, version 1', { config: { reflection: 'v1' } }],
    ['described by reflection, version 1alpha', { config: { reflection: 'v1alpha' } }],
  ])('%s', async (_, given) => {
    const { address } = await served(handlers, protobuf)
    const { rpc, pubsub } = await connected(address, { format: 'protobuf', ...given })
    expect(await rpc.call('Get', { id: 7 }, within())).toEqual({
      id: 7,
      title: 'ü',
      seal: Uint8Array.of(1, 2),
    })
    expect(await rpc.call('Orders/Place', [{ id: 1 }, { id: 2 }], within())).toEqual({ count: 2 })
    expect(await rpc.call('shop.Orders/List', { id: 1 }, within())).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    const prices = [
      { id: 1, price: 2 },
      { id: 2, price: 4 },
    ]
    expect(await rpc.call('shop.Orders.Price', [{ id: 1 }, { id: 2 }], within())).toEqual(prices)
    const sink = new Listener('msgpack')
    await pubsub.subscribe('Price', { params: [{ id: 1 }, { id: 2 }] }, sink, operation())
    await until(() => sink.ends.length > 0, 'the stream ends')
    expect(sink.values).toEqual(prices)
    expect(sink.ends[0]).toMatchObject({ kind: 'shutdown' })
  })

  test('take a stream of requests as an array, and nothing else', async () => {
    const { address } = await served(handlers, protobuf)
    const { rpc } = await connected(address, { format: 'protobuf' })
    const error = await failureOf(rpc.call('Place', { id: 1 }, within()))
    expect(error).toMatchObject({ kind: 'serialize', integration: 'it' })
    expect(error.message).toMatch(/call Place: expected an array/)
  })
})

describe('what is not served', () => {
  test('is refused as unimplemented, by whoever knows', async () => {
    const server = await served({}, protobuf)
    const { rpc } = await connected(server.address, { format: 'protobuf' })
    for (const method of ['Get', 'Gett', 'shop.Nothing/Get'])
      expect(await failureOf(rpc.call(method, {}, within()))).toMatchObject({
        kind: 'rpc',
        code: 12,
        integration: 'it',
      })
  })

  test('an answer that is none of the method is an internal error, without its details', async () => {
    const server = await served({ Get: () => ({ idd: 'hunter2' }) }, protobuf)
    const { rpc } = await connected(server.address, { format: 'protobuf' })
    const error = await failureOf(rpc.call('Get', {}, within()))
    expect(error).toMatchObject({ kind: 'rpc', code: 13, message: 'Internal error' })
    await until(() => server.failures.length === 1, 'the server knows')
    expect(server.failures[0]).toBeInstanceOf(SerializeError)
  })

  test('a request that is none of the method is an invalid argument', async () => {
    const server = await served(handlers, protobuf)
    const { rpc } = await connected(server.address, { format: 'binary' })
    const error = await failureOf(rpc.call('shop.Orders/Get', Uint8Array.of(255, 255), within()))
    expect(error).toMatchObject({ kind: 'rpc', code: 3 })
  })
})

test('headers of the caller reach the handler', async () => {
  const { address } = await served({ 'a.B/C': ({ headers }) => ({ ...headers }) })
  const { rpc } = await connected(address, { config: { metadata: { 'X-Tenant': 'blue' } } })
  const headers = { 'x-trace': 'abc', 'x-raw-bin': 'AQI=' }
  const context = { ...within(), headers }
  expect(await rpc.call('a.B/C', null, context)).toEqual({ ...headers, 'x-tenant': 'blue' })
  for (const wrong of [{ 'grpc-timeout': '1S' }, { 'x y': '1' }, { 'x-bin': 'ü' }, { x: 's3cr3t\n' }]) {
    const error = await failureOf(
      rpc.call('a.B/C', null, { ...within(), headers: wrong as Record<string, string> }),
    )
    expect(error).toMatchObject({ kind: 'serialize', integration: 'it' })
    expect(error.message).not.toContain('s3cr3t')
  }
})

test('health: a service is healthy while it is served, and a server that stops is not', async () => {
  const server = await served(handlers, protobuf)
  for (const [health_service, reason] of [
    ['shop.Orders', undefined],
    [undefined, undefined],
    ['shop.Nothing', /unknown/],
  ] as const) {
    const config = { ...(health_service && { health_service }) }
    const { adapter } = await connected(server.address, { config })
    if (reason === undefined) await adapter.ping!(never())
    else expect((await failureOf(adapter.ping!(never()))).message).toMatch(reason)
  }
  // A client of its own: ours leaves a server that says goodbye.
  const client = new Client(server.address, ChannelCredentials.createInsecure())
  onTestFinished(() => client.close())
  const asIs = (bytes: Buffer) => bytes
  const watch = client.makeServerStreamRequest(
    '/grpc.health.v1.Health/Watch',
    asIs,
    asIs,
    Buffer.alloc(0),
    new Metadata(),
  )
  const states: number[][] = []
  watch.on('data', (bytes: Buffer) => states.push([...bytes]))
  const ended = new Promise((resolve) => watch.on('end', resolve).on('error', resolve))
  await until(() => states.length === 1, 'the state')
  await server.stop()
  await ended
  expect(states).toEqual([
    [8, 1],
    [8, 2],
  ])
})

test('a server that is not healthy fails the ping', async () => {
  const { address } = await served(
    { 'grpc.health.v1.Health/Check': () => Uint8Array.of(8, 2) },
    { format: 'binary', config: { health: false } },
  )
  const { adapter } = await connected(address)
  expect(await failureOf(adapter.ping!(never()))).toMatchObject({ kind: 'connection', integration: 'it' })
})

test('a server without reflection says so to a client that needs it', async () => {
  const { address } = await served({}, { ...protobuf, config: { proto, reflection: false } })
  const error = await failureOf(rigFor(address, { format: 'protobuf' }).adapter.connect(never()))
  expect(error).toMatchObject({ kind: 'connection', retryable: false })
  expect(error.message).toMatch(/does not support reflection.*"proto"/)
})

test('what is no gRPC is refused, and harms nobody', async () => {
  const { address } = await served({ 'a.B/C': () => 'fine' })
  const session = connect(`http://${address}`)
  onTestFinished(() => session.destroy())
  const statusOf = (headers: Record<string, string>, body: Buffer): Promise<IncomingHttpHeaders> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': '/a.B/C', ...headers })
      let first: IncomingHttpHeaders = {}
      stream.on('response', (found) => {
        first = found
      })
      let trailers: IncomingHttpHeaders = {}
      stream.on('trailers', (found) => {
        trailers = found
      })
      stream.on('error', reject)
      stream.on('close', () => resolve({ ...first, ...trailers }))
      stream.resume()
      stream.end(body)
    })
  const grpc = { 'content-type': 'application/grpc', te: 'trailers' }
  expect(await statusOf({ 'content-type': 'text/html' }, Buffer.from('x'))).toMatchObject({ ':status': 415 })
  // A length beyond every limit, a message that is no JSON, and half a message.
  expect(await statusOf(grpc, Buffer.from([0, 255, 255, 255, 255, 1]))).toMatchObject({ 'grpc-status': '8' })
  expect(await statusOf(grpc, Buffer.from([0, 0, 0, 0, 1, 0x7b]))).toMatchObject({ 'grpc-status': '3' })
  expect((await statusOf(grpc, Buffer.from([0, 0, 0, 0, 9, 1])))['grpc-status']).not.toBe('0')
  const { rpc } = await connected(address)
  expect(await rpc.call('a.B/C', null, within())).toBe('fine')
})

test('a server block serves what is registered with the gateway, and goes on after a crash', async () => {
  const port = await freePort()
  const gateway = await Gateway.start({
    integrations: { client: { type: 'grpc', endpoint: { address: `localhost:${port}` }, config: { proto } } },
    servers: { shop: { type: 'grpc', listen: { port }, config: { proto } } },
  } as Parameters<typeof Gateway.start>[0])
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  const server = gateway.server('shop')
  server.register('Get', (params) => ({ ...(params as Order), title: 'x' }))
  server.register('List', (params) => [params, params])
  server.register('Price', () => {
    throw new RpcError(-32_042, 'too dear', { by: 7 })
  })
  await server.serve()
  const rpc = gateway.rpc('client')
  expect(await rpc.call('Get', { id: 7 })).toEqual({ id: 7, title: 'x' })
  expect(await rpc.call('List', { id: 7 })).toEqual([{ id: 7 }, { id: 7 }])
  await expect(rpc.call('Price', [])).rejects.toMatchObject({
    code: -32_042,
    message: 'too dear',
    data: { by: 7 },
  })
  const restarted = new Promise((resolve) => gateway.on('actor:restarted', resolve))
  await gateway.connections.inject('shop', 'throw').catch(() => {})
  await restarted
  await waitFor(() => rpc.call('Get', { id: 8 }, { timeout: '2s' }), { what: 'it to be served again' })
})
