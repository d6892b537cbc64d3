import { Metadata, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { operation, until, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { complianceGrpcService } from '../../support/grpc-service.js'
import { connected, Listener, served } from './harness.js'

/** A server of the plain library with one method that answers with a stream. */
async function streaming(
  handle: (call: ServerWritableStream<Buffer, Buffer>) => void,
  path = '/a.B/C',
): Promise<string> {
  const asIs = (bytes: Buffer) => bytes
  const server = new Server()
  server.register(path, handle, asIs, asIs, 'serverStream')
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  onTestFinished(() => server.forceShutdown())
  return `127.0.0.1:${port}`
}

test('a sink without room holds the server back, and nothing is lost', async () => {
  const COUNT = 2_000
  const chunk = JSON.stringify('x'.repeat(10_000))
  let written = 0
  const address = await streaming(async (call) => {
    call.sendMetadata(new Metadata())
    for (let n = 0; n < COUNT; n++) {
      written = n
      if (!call.write(Buffer.from(`[${n},${chunk}]`)))
        await new Promise((resolve) => call.once('drain', resolve))
    }
    call.end()
  })
  const { pubsub } = await connected(address)
  const sink = new Listener()
  sink.room = false
  const subscription = await pubsub.subscribe('a.B/C', { params: {} }, sink, operation())
  await until(() => sink.messages.length > 0, 'the first message')
  let before = -1
  await until(() => {
    const still = before === written
    before = written
    return still && written > 0
  }, 'the server waits')
  expect(sink.messages.length).toBe(1)
  expect(written).toBeLessThan(COUNT / 2)
  sink.room = true
  subscription.resume()
  await until(() => sink.ends.length > 0, 'the end')
  expect(sink.values.map((value) => (value as [number])[0])).toEqual(
    Array.from({ length: COUNT }, (_, n) => n),
  )
})

test('a message that cannot be decoded ends the subscription, and says why', async () => {
  const address = await streaming((call) => {
    call.write(Buffer.of(8, 7))
    call.write(Buffer.of(255, 255))
    call.write(Buffer.of(8, 9))
  }, '/shop.Orders/List')
  const { pubsub } = await connected(address, { format: 'protobuf', config: { proto: PROTO } })
  const sink = new Listener('msgpack')
  await pubsub.subscribe('List', { params: {} }, sink, operation())
  await until(() => sink.ends.length > 0, 'the end')
  expect(sink.values).toEqual([{ id: 7 }])
  expect(sink.ends[0]).toMatchObject({ kind: 'serialize', integration: 'it' })
  expect(sink.ends[0]!.message).toMatch(/^a message of List: /)
})

test('responses beyond the limit fail the call, not the connection', async () => {
  const address = await streaming((call) => {
    for (let n = 0; n < 100; n++) call.write(Buffer.alloc(1_000))
    call.end()
  })
  const { rpc, context } = await connected(address, {
    format: 'binary',
    limits: { memory: 1e9, frame: 500 },
  })
  expect(await failureOf(rpc.call('a.B/C', new Uint8Array(1), within()))).toMatchObject({
    kind: 'rpc',
    code: 8,
  })
  expect(await failureOf(rpc.call('a.B/C', new Uint8Array(501), within()))).toMatchObject({
    kind: 'serialize',
  })
  expect(context.lost).toEqual([])
})

test('calls go to several servers in turn, and to those that are left when one is gone', async () => {
  const counts = [0, 0]
  const count = (n: number) => {
    counts[n]!++
    return n
  }
  const servers = await Promise.all([0, 1].map((n) => served({ 'a.B/C': () => count(n) })))
  const addresses = servers.map(({ address }) => address)
  const { rpc } = await connected(addresses)
  for (let n = 0; n < 20; n++) await rpc.call('a.B/C', null, within())
  expect(counts[0]! + counts[1]!).toBe(20)
  expect(Math.min(...counts)).toBeGreaterThan(5)
  await servers[0]!.stop()
  for (let n = 0; n < 5; n++) await rpc.call('a.B/C', null, within()).catch(() => {})
  expect(await rpc.call('a.B/C', null, within())).toBe(1)
})

test('a pool spreads what is under way at a time over its connections', async () => {
  const open: (() => void)[] = []
  const { address } = await served({ 'a.B/C': () => new Promise((resolve) => open.push(() => resolve(1))) })
  const { rpc } = await connected(address, { config: { pool_size: 3 } })
  const calls = Array.from({ length: 9 }, () => rpc.call('a.B/C', null, within()))
  await until(() => open.length === 9, 'all are there')
  for (const answer of open) answer()
  expect(await Promise.all(calls)).toEqual(Array(9).fill(1))
})

test('messages are published in order without a subscription, and arrive before a disconnect', async () => {
  const service = await complianceGrpcService(undefined)
  onTestFinished(() => service.close())
  const address = `127.0.0.1:${service.port}`
  const listener = await connected(address)
  const sink = new Listener()
  await listener.pubsub.subscribe('compliance.Topics/t1', {}, sink, operation())
  const { pubsub, adapter } = await connected(address)
  const payload = (n: number) => Buffer.from(String(n))
  await Promise.all(
    Array.from({ length: 50 }, (_, n) => pubsub.publish('compliance.Topics/t1', payload(n), {}, within())),
  )
  await adapter.disconnect()
  await until(() => sink.messages.length === 50, 'all arrive')
  expect(sink.values).toEqual(Array.from({ length: 50 }, (_, n) => n))
  expect(
    await failureOf(
      listener.pubsub.publish('compliance.Topics/t1', payload(1), { headers: { a: 'b' } }, within()),
    ),
  ).toMatchObject({ kind: 'publish', topic: 'compliance.Topics/t1' })
})

test('a method with one request is published to by a call', async () => {
  const got: unknown[] = []
  const { address } = await served(
    { 'shop.Orders/Get': ({ params }) => got.push(params) && {} },
    { format: 'protobuf', config: { proto: PROTO } },
  )
  const { pubsub } = await connected(address, { format: 'protobuf' })
  // What the actor has encoded: { id: 7 } in MessagePack.
  await pubsub.publish('Get', Uint8Array.of(0x81, 0xa2, 0x69, 0x64, 0x07), {}, within())
  expect(got).toEqual([{ id: 7 }])
  expect(await failureOf(pubsub.publish('List', Uint8Array.of(0x80), {}, within()))).toMatchObject({
    kind: 'publish',
    topic: 'List',
  })
})

const PROTO = new URL('../../../../test/adapters/grpc/shop.proto', import.meta.url).pathname

test('a subscription that the actor restores reports a gap; a new one does not', async () => {
  const address = await streaming((call) => call.sendMetadata(new Metadata()))
  const { pubsub } = await connected(address)
  const [fresh, restored] = [new Listener(), new Listener()]
  await pubsub.subscribe('a.B/C', { params: {} }, fresh, { ...operation(), operationId: 'one of a caller' })
  await pubsub.subscribe('a.B/C', { params: {} }, restored, operation())
  expect(fresh.gaps).toEqual([])
  expect(restored.gaps).toEqual(['messages sent while the stream was closed are lost'])
})
