import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { pipeline } from 'node:stream'
import { Aedes } from 'aedes'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import { SubscribeError } from '../../../src/core/errors/pubsub.js'
import { until, within } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { freePort } from '../../support/server-process.js'
import { bytes, Collector, connected, Deliveries, type Fixture, mqttFixture } from './fixture.js'

const open: Fixture[] = []
function opened(fixture: Fixture): Fixture {
  open.push(fixture)
  return fixture
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ adapter }) => adapter.disconnect()))
})
const soon = () => AbortSignal.timeout(5_000)

describe('authentication', () => {
  let broker: Mosquitto
  beforeAll(async () => {
    broker = await startMosquitto({
      users: { ann: 'open sesame' },
      acl: ['user ann', 'topic readwrite public/#'],
    })
  })
  afterAll(() => broker.stop())
  const login = (password: string) => ({ auth: { type: 'basic', username: 'ann', password } as const })

  describe.each([5, '3.1.1', 'auto'] as const)('with protocol_version %s', (protocol_version) => {
    it('is accepted', async () => {
      const { adapter } = opened(await connected(broker.port, { protocol_version }, login('open sesame')))
      await adapter.ping!(soon())
    })

    it('is refused with an AuthError that does not hold the password', async () => {
      for (const settings of [login('hunter2'), {}]) {
        const { adapter, context } = opened(mqttFixture(broker.port, { protocol_version }, settings))
        const error = await adapter.connect(soon()).catch((e) => e)
        expect(error).toBeInstanceOf(AuthError)
        expect(JSON.stringify([error, error.message, error.cause ?? null])).not.toContain('hunter2')
        expect(context.lost).toEqual([])
      }
    })
  })

  it('tells of a publish and a subscription that the broker denies', async () => {
    const { adapter } = opened(await connected(broker.port, {}, login('open sesame')))
    await expect(
      adapter.pubsub!.publish('private/x', bytes('x'), { qos: 1 }, within()),
    ).rejects.toMatchObject({
      kind: 'publish',
      topic: 'private/x',
      reason: expect.stringMatching(/not authorized \(0x87\)/),
    })
    await expect(
      adapter.pubsub!.publish('public/x', bytes('x'), { qos: 2 }, within()),
    ).resolves.toBeUndefined()
  })

  it('refuses kinds of credentials that MQTT does not have', async () => {
    const { adapter } = mqttFixture(broker.port, {}, { auth: { type: 'bearer', token: 'top-secret' } })
    const error = await adapter.connect(soon()).catch((e) => e)
    expect(error).toBeInstanceOf(AuthError)
    expect(error.message).not.toContain('top-secret')
  })
})

describe('a broker that speaks 3.1.1 only', () => {
  let aedes: Aedes
  let server: Server
  let port: number
  let connects: number
  beforeAll(async () => {
    aedes = await Aedes.createBroker()
    aedes.authorizeSubscribe = (_client, subscription, done) =>
      done(null, subscription.topic.startsWith('secret') ? null : subscription)
    connects = 0
    server = createTcpServer((socket) => {
      connects++
      aedes.handle(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterAll(async () => {
    await new Promise<void>((resolve) => aedes.close(() => resolve()))
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })

  it('is fallen back to, and the result remembered', async () => {
    const { adapter } = opened(await connected(port))
    expect(connects).toBe(2)
    await adapter.disconnect()
    await adapter.connect(soon())
    expect(connects).toBe(3)
    const sink = new Collector()
    await adapter.pubsub!.subscribe('a/#', { qos: 1 }, sink, within())
    await adapter.pubsub!.publish('a/b', bytes('hello'), { qos: 1 }, within())
    await until(() => sink.messages.length === 1, 'the message')
    await expect(adapter.rpc!.call('m', null, within())).rejects.toMatchObject({ kind: 'unsupported' })
    expect(connects).toBe(4)
  })

  it('tells of a subscription that it denies', async () => {
    const { adapter } = opened(await connected(port))
    await expect(
      adapter.pubsub!.subscribe('secret/x', { qos: 1 }, new Collector(), within()),
    ).rejects.toBeInstanceOf(SubscribeError)
  })

  it('cannot be consumed from, because it has no shared subscriptions', async () => {
    const { adapter } = opened(await connected(port))
    await expect(adapter.queue!.consume('q', new Deliveries(), within())).rejects.toMatchObject({
      kind: 'unsupported',
      operation: expect.stringContaining('shared subscriptions'),
    })
  })

  it('is not fallen back to when version 5 is asked for', async () => {
    const { adapter } = opened(mqttFixture(port, { protocol_version: 5 }))
    await expect(adapter.connect(soon())).rejects.toThrow(/version/)
  })
})

describe('connections', () => {
  let broker: Mosquitto
  beforeAll(async () => {
    broker = await startMosquitto()
  })
  afterAll(() => broker.stop())

  it('tries one address per attempt, in turn', async () => {
    const dead = await freePort()
    const addresses = [`mqtt://127.0.0.1:${dead}`, broker.url]
    const { adapter } = opened(mqttFixture(broker.port, {}, { endpoint: { addresses } }))
    await expect(adapter.connect(soon())).rejects.toBeInstanceOf(ConnectionError)
    await adapter.connect(soon())
    await adapter.ping!(soon())
  })

  it.each(['', 'http://127.0.0.1', 'mqtt://', 'a b'])('refuses the address %j', async (address) => {
    const { adapter } = mqttFixture(1, {}, { endpoint: { addresses: [address] } })
    await expect(adapter.connect(soon())).rejects.toThrow(/expected a host/)
  })

  it('reports a loss once, and rejects all that was pending', async () => {
    const proxy = await FaultProxy.start(broker.port)
    const { adapter, context } = opened(await connected(proxy.port))
    const consumer = await adapter.queue!.consume('q', new Deliveries(), within())
    broker.pause()
    const pending = [
      adapter.pubsub!.publish('t', bytes('x'), { qos: 1 }, within()),
      adapter.pubsub!.publish('t', bytes('x'), { qos: 2 }, within()),
      adapter.pubsub!.subscribe('t', {}, new Collector(), within()),
      adapter.queue!.enqueue('q', bytes('x'), {}, within()),
      adapter.queue!.consume('q2', new Deliveries(), within()),
      adapter.rpc!.call('m', null, within()),
      adapter.service!.serve('m', new Collector() as never, within()),
      adapter.ping!(soon()),
    ].map((promise) => Promise.resolve(promise).catch((error) => error))
    proxy.reset()
    for (const outcome of pending) expect(await outcome).toBeInstanceOf(ConnectionError)
    broker.resume()
    expect(context.lost).toHaveLength(1)
    for (const operation of [
      () => adapter.pubsub!.publish('t', bytes('x'), { qos: 0 }, within()),
      () => adapter.pubsub!.subscribe('t', {}, new Collector(), within()),
      () => adapter.queue!.enqueue('q', bytes('x'), {}, within()),
      () => adapter.rpc!.notify('m', null, within()),
    ])
      await expect(operation()).rejects.toBeInstanceOf(ConnectionError)
    await consumer.close()
    await adapter.connect(soon())
    await adapter.ping!(soon())
    proxy.close()
  })

  it.each([0, 1, 2])('reports the loss of role %i of three once, and all of them are lost', async (lost) => {
    const sockets: Socket[] = []
    const server = createTcpServer((socket) => {
      sockets.push(socket)
      const upstream = connect(broker.port, '127.0.0.1')
      pipeline(socket, upstream, socket, () => {})
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { adapter, context } = opened(await connected((server.address() as AddressInfo).port))
    await adapter.pubsub!.subscribe('t', {}, new Collector(), within())
    await adapter.service!.serve('m', new Collector() as never, within())
    expect(sockets).toHaveLength(3)
    sockets[lost]!.destroy()
    await until(() => sockets.every((socket) => socket.destroyed), 'the loss of all')
    expect(context.lost).toHaveLength(1)
    await adapter.connect(soon())
    await adapter.pubsub!.subscribe('t', {}, new Collector(), within())
    await adapter.service!.serve('m', new Collector() as never, within())
    expect(sockets).toHaveLength(6)
    await adapter.disconnect()
    await new Promise((resolve) => server.close(resolve))
    expect(context.lost).toHaveLength(1)
  })

  it('calls nobody after disconnect, which may come at any time and twice', async () => {
    const { adapter, context } = opened(await connected(broker.port))
    const sink = new Collector()
    await adapter.pubsub!.subscribe('after', { qos: 1 }, sink, within())
    const other = opened(await connected(broker.port))
    await Promise.all([adapter.disconnect(), adapter.disconnect()])
    await other.adapter.pubsub!.publish('after', bytes('x'), { qos: 1 }, within())
    expect(sink.messages).toEqual([])
    expect(sink.ends).toEqual([])
    expect(context.lost).toEqual([])
    const connecting = adapter.connect(soon()).catch((error) => error)
    await adapter.disconnect()
    expect(await connecting).toBeInstanceOf(ConnectionError)
  })

  it('is told once that its session was taken over', async () => {
    const first = opened(await connected(broker.port, { client_id: 'twin' }))
    opened(await connected(broker.port, { client_id: 'twin' }))
    await until(() => first.context.lost.length > 0, 'the loss')
    await first.adapter.disconnect()
    expect(first.context.lost).toHaveLength(1)
  })

  it('leaves a will when it is lost, and none when it is ended', async () => {
    const watcher = opened(await connected(broker.port))
    const sink = new Collector()
    await watcher.adapter.pubsub!.subscribe('wills/#', { qos: 1 }, sink, within())
    const proxy = await FaultProxy.start(broker.port)
    const will = (name: string) => ({ will: { topic: `wills/${name}`, payload: name, qos: 1 } })
    const ended = await connected(broker.port, will('ended'))
    await ended.adapter.disconnect()
    await connected(proxy.port, will('lost'))
    proxy.reset()
    await until(() => sink.messages.length > 0, 'the will')
    expect(sink.texts).toEqual(['lost'])
    proxy.close()
  })

  describe.each([5, '3.1.1'] as const)('a session that outlives its connection, MQTT %s', (version) => {
    it('brings what was published meanwhile to those who subscribe again', async () => {
      const config = { protocol_version: version, clean_session: false, client_id: `kept-${version}` }
      const { adapter } = opened(await connected(broker.port, config))
      for (const pattern of ['kept/+/a', 'kept/+/b'])
        await adapter.pubsub!.subscribe(pattern, { qos: 2 }, new Collector(), within())
      await adapter.disconnect()
      const sender = opened(await connected(broker.port))
      for (const [qos, text] of [
        [1, 'one'],
        [2, 'two'],
        [1, 'three'],
      ] as const)
        for (const topic of [`kept/${version}/a`, `kept/${version}/b`])
          await sender.adapter.pubsub!.publish(topic, bytes(text), { qos }, within())
      await adapter.connect(soon())
      await adapter.ping!(soon())
      const [a, b] = [new Collector(), new Collector()]
      await adapter.pubsub!.subscribe('kept/+/b', { qos: 2 }, b, within())
      await adapter.pubsub!.subscribe('kept/+/a', { qos: 2 }, a, within())
      await until(() => a.messages.length >= 3 && b.messages.length >= 3, 'what was kept')
      await sender.adapter.pubsub!.publish(`kept/${version}/a`, bytes('four'), { qos: 2 }, within())
      await until(() => a.messages.length >= 4, 'what comes now')
      expect([a.texts, b.texts]).toEqual([
        ['one', 'two', 'three', 'four'],
        ['one', 'two', 'three'],
      ])
    })
  })

  it('survives a restart of the broker', async () => {
    const own = await startMosquitto()
    const { adapter, context } = opened(await connected(own.port))
    await own.kill()
    await until(() => context.lost.length === 1, 'the loss')
    await expect(adapter.connect(soon())).rejects.toBeInstanceOf(ConnectionError)
    await own.restart()
    await adapter.connect(soon())
    await adapter.ping!(soon())
    await adapter.disconnect()
    await own.stop()
    expect(context.lost).toHaveLength(1)
  })
})

describe('WebSocket', () => {
  it('carries the same', async () => {
    const broker = await startMosquitto()
    const bridge = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'mqtt' })
    await once(bridge, 'listening')
    bridge.on('connection', (socket) => {
      const stream = createWebSocketStream(socket)
      pipeline(stream, connect(broker.port, '127.0.0.1'), stream, () => {})
    })
    const { port } = bridge.address() as AddressInfo
    const endpoint = { addresses: [`ws://127.0.0.1:${port}`] }
    const { adapter } = opened(await connected(broker.port, {}, { endpoint }))
    const sink = new Collector()
    await adapter.pubsub!.subscribe('w/#', { qos: 1 }, sink, within())
    const texts = Array.from({ length: 200 }, (_, i) => `${i}`)
    await Promise.all(
      texts.map((text, i) => adapter.pubsub!.publish('w/s', bytes(text), { qos: i % 2 ? 1 : 0 }, within())),
    )
    await until(() => sink.messages.length === 200, 'the messages')
    expect(new Set(sink.texts)).toEqual(new Set(texts))
    await adapter.disconnect()
    await new Promise((resolve) => bridge.close(resolve))
    await broker.stop()
  })

  it('fails with a typed error at a server that has none', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { adapter } = mqttFixture(port, {}, { endpoint: { addresses: [`ws://127.0.0.1:${port}`] } })
    await expect(adapter.connect(soon())).rejects.toBeInstanceOf(ConnectionError)
    await new Promise((resolve) => server.close(resolve))
  })
})
