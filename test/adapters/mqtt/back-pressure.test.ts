import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { until, within } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { bytes, Collector, connected, type Fixture } from './fixture.js'
import { FakeServer } from './support/fake-server.js'

let broker: Mosquitto
const open: Fixture[] = []
beforeAll(async () => {
  broker = await startMosquitto({ config: ['log_type information'] })
})
afterAll(() => broker.stop())
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ adapter }) => adapter.disconnect()))
})
async function client(port: number, config: object = {}): Promise<Fixture> {
  const fixture = await connected(port, { ...config })
  open.push(fixture)
  return fixture
}

describe('back-pressure', () => {
  it('stops reading while a sink is full, keeps the connection alive, and loses nothing', async () => {
    const fixture = await client(broker.port, { keep_alive: '2s' })
    const sink = new Collector()
    const subscription = await fixture.adapter.pubsub!.subscribe('flood/#', { qos: 1 }, sink, within())
    sink.open = false
    const sender = await client(broker.port)
    const COUNT = 20_000
    const payload = Buffer.alloc(500, 'x')
    const sent = Array.from({ length: COUNT }, (_, i) =>
      sender.adapter.pubsub!.publish(`flood/${i}`, payload, { qos: 1 }, within(60_000)),
    )
    await Promise.all(sent)
    // A broker ends a connection after one and a half keep-alive intervals of silence.
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    expect(fixture.context.lost).toEqual([])
    await fixture.adapter.ping!(AbortSignal.timeout(10_000))
    expect(sink.messages.length).toBeGreaterThan(0)
    expect(sink.messages.length).toBeLessThan(COUNT)
    sink.open = true
    subscription.resume()
    await until(() => sink.messages.length >= COUNT, 'all messages', 20_000)
    expect(sink.messages.map(({ topic }) => topic)).toEqual(
      Array.from({ length: COUNT }, (_, i) => `flood/${i}`),
    )
    expect(fixture.context.lost).toEqual([])
  })

  it('does not hold back acknowledgements, calls and services when a subscription is full', async () => {
    const fixture = await client(broker.port)
    const { pubsub, rpc, service } = fixture.adapter
    const sink = new Collector()
    sink.open = false
    const subscription = await pubsub!.subscribe('full/#', { qos: 1 }, sink, within())
    const requests = new Collector<InboundRequest>()
    requests.deliver = (request) => {
      request.answer({ ok: true, value: request.params! })
      return true
    }
    await service!.serve('echo', requests, within())
    const sender = await client(broker.port)
    for (let i = 0; i < 100; i++)
      await sender.adapter.pubsub!.publish(`full/${i}`, Buffer.alloc(20_000), { qos: 1 }, within())
    await until(() => sink.messages.length > 0, 'the message that fills it')
    for (const qos of [1, 2] as const) await pubsub!.publish('elsewhere', bytes('x'), { qos }, within())
    expect(await rpc!.call('echo', 'hello', within())).toBe('hello')
    await fixture.adapter.ping!(AbortSignal.timeout(2_000))
    expect(sink.messages.length).toBeLessThan(100)
    sink.open = true
    subscription.resume()
    await until(() => sink.messages.length === 100, 'the others')
  })

  it('lets a full service make calls, and its subscriptions go on', async () => {
    const { adapter } = await client(broker.port)
    const echo = new Collector<InboundRequest>()
    await adapter.service!.serve('full', echo, within())
    echo.open = false
    const other = await client(broker.port)
    const served = new Collector<InboundRequest>()
    served.deliver = (request) => {
      request.answer({ ok: true, value: 'answer' })
      return true
    }
    await other.adapter.service!.serve('backend', served, within())
    const sink = new Collector()
    await adapter.pubsub!.subscribe('going', { qos: 1 }, sink, within())
    const call = other.adapter.rpc!.call('full', 'question', within())
    await until(() => echo.messages.length === 1, 'the request that fills it')
    expect(await adapter.rpc!.call('backend', null, within())).toBe('answer')
    await adapter.pubsub!.publish('going', bytes('x'), { qos: 1 }, within())
    await until(() => sink.messages.length === 1, 'the message')
    await echo.messages[0]!.answer({ ok: true, value: 'late' })
    expect(await call).toBe('late')
  })

  it('reads on when the full subscription is closed', async () => {
    const { adapter } = await client(broker.port)
    const [full, other] = [new Collector(), new Collector()]
    full.open = false
    const subscription = await adapter.pubsub!.subscribe('full', { qos: 1 }, full, within())
    await adapter.pubsub!.subscribe('other', { qos: 1 }, other, within())
    const sender = await client(broker.port)
    await sender.adapter.pubsub!.publish('full', bytes('x'), { qos: 1 }, within())
    await until(() => full.messages.length === 1, 'the message that fills it')
    await sender.adapter.pubsub!.publish('other', bytes('y'), { qos: 1 }, within())
    const closing = subscription.close()
    await until(() => other.messages.length === 1, 'the message for the other')
    await closing
  })

  it('asks a publisher to wait while the socket is full, and goes on when it drains', async () => {
    const sink = new Collector()
    await (await client(broker.port)).adapter.pubsub!.subscribe('bulk', {}, sink, within())
    const { adapter } = await client(broker.port)
    const payload = Buffer.alloc(1_000, 1)
    let waits = 0
    const COUNT = 20_000
    broker.pause()
    const publishing = (async () => {
      for (let i = 0; i < COUNT; i++) {
        const wait = adapter.pubsub!.publish('bulk', payload, { qos: 0 }, within(30_000))
        if (wait === undefined) continue
        waits++
        if (waits === 1) broker.resume()
        await wait
      }
    })()
    await publishing
    expect(waits).toBeGreaterThan(0)
    await until(() => sink.messages.length === COUNT, 'all messages', 20_000)
  })

  it('rejects the waiting publisher when the connection is lost', async () => {
    const proxy = await FaultProxy.start(broker.port)
    const { adapter } = await client(proxy.port)
    broker.pause()
    let wait: Promise<void> | undefined
    for (let i = 0; wait === undefined && i < 100_000; i++)
      wait = adapter.pubsub!.publish('bulk', Buffer.alloc(10_000), { qos: 0 }, within(30_000))
    proxy.reset()
    await expect(wait).rejects.toBeInstanceOf(ConnectionError)
    broker.resume()
    proxy.close()
  })
})

describe('keep-alive', () => {
  it('keeps to the interval that the broker names', async () => {
    const pings: Buffer[] = []
    const server = await FakeServer.start((socket) => {
      socket.on('data', (chunk) => {
        if (chunk[0] === 0x10) socket.write(Buffer.from('2006000003130001', 'hex'))
        else pings.push(chunk)
        if (chunk[0] === 0xc0) socket.write(Buffer.from('d000', 'hex'))
      })
    })
    const { context } = await client(server.port, { keep_alive: '10m', protocol_version: 5 })
    await until(() => pings.length === 4, 'four pings')
    expect(pings.map((ping) => ping.toString('hex'))).toEqual(Array(4).fill('c000'))
    expect(context.lost).toEqual([])
    await server.stop()
  })

  it('notices a broker that has fallen silent', async () => {
    const server = await FakeServer.start((socket) =>
      socket.once('data', () => socket.write(Buffer.from('2003000000', 'hex'))),
    )
    const { context } = await client(server.port, { keep_alive: '1s', protocol_version: 5 })
    await until(() => context.lost.length > 0, 'the loss')
    expect(context.lost[0]!.message).toMatch(/keepalive timeout/i)
    await server.stop()
  })
})
