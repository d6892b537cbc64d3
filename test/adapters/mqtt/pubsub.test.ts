import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PublishError, SubscribeError } from '../../../src/core/errors/pubsub.js'
import { until, within } from '../../support/adapter-context.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { bytes, Collector, connected, type Fixture } from './fixture.js'

let broker: Mosquitto
const open: Fixture[] = []

beforeAll(async () => {
  broker = await startMosquitto({
    acl: ['topic readwrite #', 'pattern deny secret/#'],
  })
})
afterAll(() => broker.stop())
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ adapter }) => adapter.disconnect()))
})

async function client(config: Record<string, unknown> = {}): Promise<Fixture> {
  const fixture = await connected(broker.port, config)
  open.push(fixture)
  return fixture
}

describe.each([5, '3.1.1'] as const)('publish and subscribe over MQTT %s', (protocol_version) => {
  const config = { protocol_version }

  it.each([0, 1, 2] as const)('delivers QoS %i in order, once', async (qos) => {
    const { adapter } = await client(config)
    const sink = new Collector()
    await adapter.pubsub!.subscribe('orders/+/created', { qos }, sink, within())
    const sent = Array.from({ length: 500 }, (_, i) => `message ${i}`)
    await Promise.all(
      sent.map((text) => adapter.pubsub!.publish('orders/7/created', bytes(text), { qos }, within())),
    )
    await until(() => sink.messages.length >= sent.length, 'all messages')
    expect(sink.texts).toEqual(sent)
    expect(sink.messages[0]).toMatchObject({ topic: 'orders/7/created', retain: false })
  })

  it('delivers once to each of several overlapping patterns', async () => {
    const { adapter } = await client(config)
    const patterns = ['o/a/b', 'o/a/+', 'o/a/#', 'o/#', 'o/b/#']
    const sinks = await Promise.all(
      patterns.map(async (pattern) => {
        const sink = new Collector()
        await adapter.pubsub!.subscribe(pattern, { qos: 1 }, sink, within())
        return sink
      }),
    )
    await adapter.pubsub!.publish('o/a/b', bytes('one'), { qos: 1 }, within())
    await adapter.pubsub!.publish('o/b/end', bytes('two'), { qos: 1 }, within())
    await until(() => sinks[4]!.messages.length === 1 && sinks[3]!.messages.length >= 2, 'the last message')
    expect(sinks.map((sink) => sink.texts)).toEqual([['one'], ['one'], ['one'], ['one', 'two'], ['two']])
  })

  it('hands a retained message to a later subscriber and says so', async () => {
    const { adapter } = await client(config)
    const topic = `state/${protocol_version}`
    await adapter.pubsub!.publish(topic, bytes('on'), { qos: 1, retain: true }, within())
    const sink = new Collector()
    await adapter.pubsub!.subscribe(topic, {}, sink, within())
    await until(() => sink.messages.length === 1, 'the retained message')
    expect(sink.messages[0]).toMatchObject({ topic, retain: true })
    expect(sink.texts).toEqual(['on'])
  })

  it('ends a subscription', async () => {
    const { adapter } = await client(config)
    const [ended, going] = [new Collector(), new Collector()]
    const subscription = await adapter.pubsub!.subscribe('t/1', { qos: 1 }, ended, within())
    await adapter.pubsub!.subscribe('t/2', { qos: 1 }, going, within())
    await subscription.close()
    await subscription.close()
    await adapter.pubsub!.publish('t/1', bytes('x'), { qos: 1 }, within())
    await adapter.pubsub!.publish('t/2', bytes('y'), { qos: 1 }, within())
    await until(() => going.messages.length === 1, 'the message for the other')
    expect(ended.messages).toEqual([])
  })

  it('shares messages among the members of a share group', async () => {
    const members = await Promise.all([client(config), client(config)])
    const sinks = await Promise.all(
      members.map(async ({ adapter }) => {
        const sink = new Collector()
        await adapter.pubsub!.subscribe('$share/g/work/#', { qos: 1 }, sink, within())
        return sink
      }),
    )
    const sent = Array.from({ length: 20 }, (_, i) => `${i}`)
    for (const text of sent)
      await members[0]!.adapter.pubsub!.publish('work/now', bytes(text), { qos: 1 }, within())
    const all = () => sinks.flatMap((sink) => sink.texts)
    await until(() => all().length === sent.length, 'all messages')
    expect(new Set(all())).toEqual(new Set(sent))
    expect(sinks.map((sink) => sink.messages.length > 0)).toEqual([true, true])
  })

  it('carries payloads of any size, and empty ones', async () => {
    const { adapter } = await client(config)
    const sink = new Collector()
    await adapter.pubsub!.subscribe('sizes', { qos: 1 }, sink, within())
    const sizes = [0, 1, 117, 127, 128, 16_380, 16_384, 65_530, 65_536, 200_000, 3_000_000]
    for (const [i, size] of sizes.entries())
      await adapter.pubsub!.publish('sizes', Buffer.alloc(size, i), { qos: i % 2 === 0 ? 1 : 0 }, within())
    await until(() => sink.messages.length === sizes.length, 'all sizes')
    expect(sink.messages.map(({ payload }) => [payload.length, payload[0], payload.at(-1)])).toEqual(
      sizes.map((size, i) => (size === 0 ? [0, undefined, undefined] : [size, i, i])),
    )
  })

  it('refuses invalid topics and patterns before anything is sent', async () => {
    const { adapter, context } = await client(config)
    for (const topic of ['', 'a/+', '#', 'a\u0000b', 'x'.repeat(65_536)])
      for (const qos of [0, 1] as const)
        await expect(adapter.pubsub!.publish(topic, bytes('x'), { qos }, within())).rejects.toBeInstanceOf(
          PublishError,
        )
    for (const pattern of ['', 'a/#/b', 'a+', '$share/g', '$share//x', '$share/g/', '$share/g/a#'])
      await expect(adapter.pubsub!.subscribe(pattern, {}, new Collector(), within())).rejects.toBeInstanceOf(
        SubscribeError,
      )
    await adapter.ping!(AbortSignal.timeout(2_000))
    expect(context.lost).toEqual([])
  })
})

describe('MQTT 5 alone', () => {
  it('carries headers as user properties', async () => {
    const { adapter } = await client()
    const sink = new Collector()
    await adapter.pubsub!.subscribe('h', { qos: 1 }, sink, within())
    const headers = JSON.parse('{"trace":"é","__proto__":"x","empty":""}') as Record<string, string>
    for (const qos of [0, 1, 2] as const)
      await adapter.pubsub!.publish('h', bytes('x'), { qos, headers }, within())
    await until(() => sink.messages.length === 3, 'the messages')
    for (const message of sink.messages)
      expect(Object.entries(message.headers!)).toEqual([
        ['trace', 'é'],
        ['__proto__', 'x'],
        ['empty', ''],
      ])
    expect(({} as { trace?: unknown }).trace).toBeUndefined()
  })

  it('refuses headers that MQTT cannot carry', async () => {
    const { adapter } = await client()
    for (const headers of [{ a: 'x\u0000' }, { ['n'.repeat(65_536)]: 'x' }])
      await expect(adapter.pubsub!.publish('h', bytes('x'), { headers }, within())).rejects.toBeInstanceOf(
        PublishError,
      )
  })

  it('lets a message expire at the broker', async () => {
    const sleeper = await client({ client_id: 'sleeper', clean_session: false })
    await sleeper.adapter.pubsub!.subscribe('expiry', { qos: 1 }, new Collector(), within())
    await sleeper.adapter.disconnect()
    const { adapter } = await client()
    await adapter.pubsub!.publish('expiry', bytes('short'), { qos: 1, expiryMs: 1 }, within())
    await adapter.pubsub!.publish('expiry', bytes('long'), { qos: 1, expiryMs: 60_000 }, within())
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    await sleeper.adapter.connect(AbortSignal.timeout(5_000))
    const sink = new Collector()
    await sleeper.adapter.pubsub!.subscribe('expiry', { qos: 1 }, sink, within())
    await until(() => sink.messages.length > 0, 'the message that lives')
    expect(sink.texts).toEqual(['long'])
  })
})

describe('MQTT 3.1.1 alone', () => {
  it('refuses headers and expiry, which it cannot carry', async () => {
    const { adapter } = await client({ protocol_version: '3.1.1' })
    for (const options of [{ headers: { a: 'b' } }, { expiryMs: 5 }])
      await expect(adapter.pubsub!.publish('h', bytes('x'), options, within())).rejects.toThrow('MQTT 5')
  })
})
