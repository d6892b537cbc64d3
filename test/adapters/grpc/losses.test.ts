import { createServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { identity } from '../../../src/adapters/grpc/bytes.js'
import { channelOptions } from '../../../src/adapters/grpc/channel-options.js'
import { muteLibrary } from '../../../src/adapters/grpc/library-log.js'
import { type GrpcConfig, grpcManifest } from '../../../src/adapters/grpc/manifest.js'
import { PingInterval } from '../../../src/adapters/grpc/ping-interval.js'
import { operation, until, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { connected, Listener, rigFor, served } from './harness.js'
import { type BidiStream, plainServer } from './plain-server.js'

/** Answers each message, once it has been asked. */
const echo = {
  '/a.B/Chat': {
    type: 'bidi' as const,
    handle(call: BidiStream) {
      call.sendMetadata(new Metadata())
      call.on('data', (message: Buffer) => call.write(message))
      call.on('error', () => {})
      call.on('end', () => call.end())
    },
  },
}

test('a stream that was published to ends with a typed error when its connection is lost', async () => {
  const server = await plainServer(echo)
  const { pubsub, context } = await connected(server.address)
  const [asked, silent] = [new Listener(), new Listener()]
  await pubsub.subscribe('a.B/Chat', {}, silent, operation())
  await pubsub.subscribe('a.B/Chat', {}, asked, operation())
  await pubsub.publish('a.B/Chat', Buffer.from('"hello"'), {}, within())
  await until(() => asked.messages.length === 1, 'the answer')
  server.stop()
  await until(() => context.lost.length === 1, 'the loss is noticed')
  expect(asked.ends[0]).toMatchObject({
    kind: 'subscribe',
    topic: 'a.B/Chat',
    retryable: false,
    integration: 'it',
  })
  expect(asked.ends[0]!.message).toMatch(/the connection was lost.*Subscribe again/)
  // Nothing was asked on the other: the actor opens it again.
  expect(silent.ends).toEqual([])
})

test('such a stream is not restored either when we close the connection; a new subscription is opened', async () => {
  const server = await plainServer(echo)
  const { adapter, pubsub } = await connected(server.address)
  const sink = new Listener()
  await pubsub.subscribe('a.B/Chat', {}, sink, operation())
  await pubsub.publish('a.B/Chat', Buffer.from('"hello"'), {}, within())
  await until(() => sink.messages.length === 1, 'the answer')
  await adapter.disconnect()
  await adapter.connect(within().signal)
  for (let n = 0; n < 2; n++)
    expect(await failureOf(pubsub.subscribe('a.B/Chat', {}, sink, operation()))).toMatchObject({
      kind: 'subscribe',
      topic: 'a.B/Chat',
    })
  const fresh = { ...operation(), signal: within().signal, operationId: 'one of a caller' }
  await pubsub.subscribe('a.B/Chat', {}, sink, fresh)
  await pubsub.publish('a.B/Chat', Buffer.from('"again"'), {}, within())
  await until(() => sink.messages.length === 2, 'the answer on the new stream')
})

test('with published_streams = "reopen" such a stream is left to the actor to open again', async () => {
  const server = await plainServer(echo)
  const { pubsub, context } = await connected(server.address, { config: { published_streams: 'reopen' } })
  const sink = new Listener()
  await pubsub.subscribe('a.B/Chat', {}, sink, operation())
  await pubsub.publish('a.B/Chat', Buffer.from('"hello"'), {}, within())
  await until(() => sink.messages.length === 1, 'the answer')
  server.stop()
  await until(() => context.lost.length === 1, 'the loss is noticed')
  expect(sink.ends).toEqual([])
})

test('other addresses: the new connection comes first, and what is under way ends where it is', async () => {
  const answers: (() => void)[] = []
  const slow = { 'a.B/Who': () => new Promise<string>((resolve) => answers.push(() => resolve('first'))) }
  const first = await served(slow)
  const second = await served({ 'a.B/Who': () => 'second' })
  const addresses = [first.address]
  const { rpc, adapter, context } = await connected(addresses)
  const underWay = rpc.call('a.B/Who', null, within(30_000))
  await until(() => answers.length === 1, 'the call is at the first server')
  addresses[0] = second.address
  adapter.addressesChanged!()
  for (let who: unknown; who !== 'second'; ) {
    let isAnswered = false
    const call = rpc.call('a.B/Who', null, within(20_000)).finally(() => {
      isAnswered = true
    })
    await until(() => {
      for (const answer of answers.splice(1)) answer()
      return isAnswered
    }, 'either server answers')
    who = await call
  }
  answers[0]!()
  expect(await underWay).toBe('first')
  expect(context.lost).toEqual([])
})

test('addresses where nobody listens: the connection before stays in use, with a warning', async () => {
  const server = await served({ 'a.B/Who': () => 'still here' })
  const addresses = [server.address]
  const { rpc, adapter, context } = await connected(addresses)
  addresses[0] = '127.0.0.1:1'
  adapter.addressesChanged!()
  await until(() => context.records.some(({ level }) => level === 'warn'), 'the warning')
  expect(context.records.find(({ level }) => level === 'warn')!.message).toMatch(/cannot move .*refused/)
  expect(await rpc.call('a.B/Who', null, within())).toBe('still here')
  expect(context.lost).toEqual([])
})

test('a subscription on a replaced connection ends with a ConnectionError when that server goes', async () => {
  const first = await plainServer(echo)
  const second = await served({ 'a.B/Who': () => 'second' })
  const addresses = [first.address]
  const { rpc, pubsub, adapter, context } = await connected(addresses)
  const sink = new Listener()
  await pubsub.subscribe('a.B/Chat', {}, sink, operation())
  addresses[0] = second.address
  adapter.addressesChanged!()
  for (let who: unknown; who !== 'second'; ) who = await rpc.call('a.B/Who', null, within()).catch(() => {})
  expect(sink.ends).toEqual([])
  first.stop()
  await until(() => sink.ends.length === 1, 'its end')
  expect(sink.ends[0]).toMatchObject({ kind: 'connection', retryable: true })
  expect(context.lost).toEqual([])
})

/** A server behind a network that swallows bytes when it is asked to. */
async function behindProxy() {
  const server = await served({ 'a.B/C': () => new Promise(() => {}) })
  const proxy = await FaultProxy.start(Number(server.address.split(':')[1]))
  onTestFinished(() => proxy.close())
  return { proxy, address: `127.0.0.1:${proxy.port}` }
}

test('a connection that swallows bytes fails a ping, also where it is another channel of the pool', async () => {
  const { proxy, address } = await behindProxy()
  const { adapter } = await connected(address, { config: { pool_size: 2 } })
  await adapter.ping!(within().signal)
  proxy.inject({ kind: 'stall' })
  expect(await failureOf(adapter.ping!(AbortSignal.timeout(300)))).toMatchObject({ kind: 'cancelled' })
})

test('a connection that swallows bytes is lost while a call is under way', async () => {
  const { proxy, address } = await behindProxy()
  const config = { keepalive: { time: '100ms', timeout: '100ms' } }
  const { rpc, context } = await connected(address, { config })
  const call = failureOf(rpc.call('a.B/C', null, operation()))
  proxy.inject({ kind: 'stall' })
  expect(await call).toMatchObject({ kind: 'connection' })
  await until(() => context.lost.length === 1, 'the loss is noticed')
})

test('keepalive is on by default, while calls are under way', () => {
  const { keepalive } = grpcManifest.config.parse({}) as GrpcConfig
  expect(keepalive).toEqual({ time: 20_000, timeout: 10_000, without_calls: false })
})

test('a server that complains of too many pings gets as few as every server accepts', async () => {
  const server = createServer()
  server.on('session', (session: ServerHttp2Session) => {
    session.on('ping', () => session.goaway(0xb, 0, Buffer.from('too_many_pings')))
    session.on('error', () => {})
  })
  server.on('stream', (stream) => stream.on('error', () => {}).respond({ ':status': 200 }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  muteLibrary()
  const uri = `ipv4:127.0.0.1:${(server.address() as AddressInfo).port}`
  const config = grpcManifest.config.parse({ keepalive: { time: '50ms' } }) as GrpcConfig
  const pings = new PingInterval(config.keepalive.time)
  pings.watch(uri)
  onTestFinished(() => pings.close())
  const options = channelOptions(config, { uri, shown: uri, several: false }, 1e6, pings.ms)
  const client = new Client(uri, ChannelCredentials.createInsecure(), options)
  onTestFinished(() => client.close())
  const call = client.makeBidiStreamRequest('/a.B/C', identity, identity, new Metadata())
  call.on('error', () => {})
  onTestFinished(() => call.cancel())
  await until(() => pings.ms !== 50, 'the complaint is heard')
  expect(pings.ms).toBe(300_000)
})

test('what certainly was not sent says so', async () => {
  const { rpc, adapter } = rigFor('127.0.0.1:1')
  expect(await failureOf(rpc.call('a.B/C', null, within()))).toMatchObject({
    kind: 'connection',
    notExecuted: true,
  })
  await adapter.disconnect()
  const server = await served({})
  const other = await connected(server.address)
  expect(await failureOf(other.rpc.call('a.B/C', null, within()))).toMatchObject({
    code: 12,
    notExecuted: true,
  })
})
