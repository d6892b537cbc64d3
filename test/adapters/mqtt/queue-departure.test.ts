import { describe, expect, it } from 'vitest'
import { integrationSettings, until, within } from '../../support/adapter-context.js'
import { testBroker } from './broker.js'
import { Deliveries, type Fixture } from './fixture.js'
import { consume, sendAll } from './queues.js'

const { broker, client } = await testBroker()

/** Consumes and acknowledges everything. */
async function consumeAll({ adapter }: Fixture, queue: string): Promise<Deliveries> {
  const sink = new Deliveries()
  const collect = sink.deliver.bind(sink)
  sink.deliver = (delivery) => {
    void delivery.ack()
    return collect(delivery)
  }
  ;(await adapter.queue!.consume(queue, sink, within())).request(1_000)
  return sink
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
const queueName = (name: string) => `${name}/${Math.random().toString(36).slice(2)}`
const attempts = ({ messages, texts }: Deliveries) =>
  Object.fromEntries(texts.map((text, i) => [text, messages[i]!.attempt]))

describe.each([5, '3.1.1'] as const)('a member that disconnects, MQTT %s', (protocol_version) => {
  it('leaves nothing behind, and gets nothing any more', async () => {
    const queue = queueName('depart')
    const [leaving, staying] = [await client({ protocol_version }), await client({ protocol_version })]
    const a = await consume(leaving, queue, 2)
    const b = await consumeAll(staying, queue)
    await sendAll(staying, queue, names('before', 20))
    await until(() => a.sink.messages.length === 2 && b.messages.length === 10, 'the first messages')
    await a.sink.messages[1]!.nack(60_000)
    const inHand = new Set(a.sink.texts)
    await leaving.adapter.disconnect()
    await sendAll(staying, queue, names('after', 20))
    await until(() => b.messages.length === 40, 'all messages at the other member')
    expect(new Set(b.texts)).toEqual(new Set([...names('before', 20), ...names('after', 20)]))
    if (protocol_version === 5)
      for (const { payload, attempt } of b.messages)
        expect(attempt).toBe(inHand.has(Buffer.from(payload).toString()) ? 2 : 1)
    expect(a.sink.ends).toHaveLength(1)
    await expect(a.sink.messages[0]!.ack()).rejects.toThrow('has ended')
  })

  it('leaves nothing behind where its consumer was closed a moment before', async () => {
    const queue = queueName('close-depart')
    const [leaving, staying] = [await client({ protocol_version }), await client({ protocol_version })]
    const a = await consume(leaving, queue, 1)
    const b = await consumeAll(staying, queue)
    await sendAll(staying, queue, names('before', 20))
    await until(() => a.sink.messages.length === 1 && b.messages.length === 10, 'the first messages')
    const closing = a.consumer.close()
    await a.sink.messages[0]!.ack()
    await Promise.all([closing, leaving.adapter.disconnect()])
    await sendAll(staying, queue, names('after', 20))
    await until(() => b.messages.length === 39, 'all messages at the other member')
  })
})

describe('the last member that disconnects', () => {
  it('keeps what waits for its return, and gets nothing in the meantime', async () => {
    const queue = queueName('last')
    const [leaving, sender] = [await client(), await client()]
    await consume(leaving, queue, 0)
    await sendAll(sender, queue, names('m', 3))
    await leaving.adapter.disconnect()
    await expect(sendAll(sender, queue, ['more'])).rejects.toThrow('no client consumes the queue')
    await leaving.adapter.connect(AbortSignal.timeout(5_000))
    const b = await consume(leaving, queue, 10)
    await until(() => b.sink.messages.length === 3, 'what had waited')
    expect(b.sink.texts.sort()).toEqual(names('m', 3))
    expect(b.sink.messages.every(({ attempt }) => attempt === 1)).toBe(true)
    await Promise.all(b.sink.messages.map((message) => message.ack()))
  })
})

describe('a member that comes back under its client id', () => {
  const durable = () => ({
    client_id: `durable-${Math.random().toString(36).slice(2)}`,
    clean_session: false,
  })

  it('gets again what it had in hand, and nothing that it has acknowledged', async () => {
    const [queue, config] = [queueName('durable'), durable()]
    const first = await client(config)
    const a = await consume(first, queue, 12)
    await sendAll(await client(), queue, ['stuck', ...names('done', 11)])
    await until(() => a.sink.messages.length === 12, 'the messages')
    await Promise.all(a.sink.messages.slice(1).map((message) => message.ack()))
    await a.consumer.detach!()
    await first.adapter.disconnect()
    const second = await client(config)
    const b = await consume(second, queue, 100)
    await sendAll(second, queue, ['last'])
    await until(() => b.sink.texts.includes('last'), 'the last message')
    expect(attempts(b.sink)).toEqual({ stuck: 2, last: 1 })
    await Promise.all(b.sink.messages.map((message) => message.ack()))
  })

  it('does so although its consumer was closed', async () => {
    const [queue, config] = [queueName('durable-closed'), durable()]
    const first = await client(config)
    const a = await consume(first, queue, 3)
    await sendAll(await client(), queue, ['stuck', 'done', 'done too'])
    await until(() => a.sink.messages.length === 3, 'the messages')
    await Promise.all(a.sink.messages.slice(1).map((message) => message.ack()))
    await a.consumer.close()
    await first.adapter.disconnect()
    const second = await client(config)
    const b = await consume(second, queue, 100)
    await sendAll(second, queue, ['last'])
    await until(() => b.sink.texts.includes('last'), 'the last message')
    expect(attempts(b.sink)).toEqual({ stuck: 2, last: 1 })
    await Promise.all(b.sink.messages.map((message) => message.ack()))
  })

  it('gets what nobody had seen as its first attempt', async () => {
    const [queue, config] = [queueName('unseen'), durable()]
    for (let life = 0; life < 2; life++) {
      const fixture = await client(config)
      const { consumer } = await consume(fixture, queue, 0)
      if (life === 0) await sendAll(fixture, queue, names('m', 3))
      await fixture.adapter.ping!(AbortSignal.timeout(2_000))
      await consumer.detach!()
      await fixture.adapter.disconnect()
    }
    const b = await consume(await client(config), queue, 10)
    await until(() => b.sink.messages.length === 3, 'the messages')
    expect(b.sink.texts).toEqual(names('m', 3))
    // The broker has sent them before: they may have been delivered by a process that crashed.
    expect(b.sink.messages.map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual(
      names('', 3).map(() => [1, true]),
    )
    await Promise.all(b.sink.messages.map((message) => message.ack()))
  })
})

describe('a consumer that closes while a message is in hand', () => {
  it('gives back what waits, and the next one is served at once', async () => {
    const queue = queueName('in-hand')
    const fixture = await client()
    const a = await consume(fixture, queue, 1)
    await sendAll(fixture, queue, ['held', ...names('m', 5)])
    await until(() => a.sink.messages.length === 1, 'the first message')
    for (let round = 0; round < 5; round++) {
      await (await consume(fixture, queue, 0)).consumer.close()
      await a.consumer.close()
    }
    const b = await consume(fixture, queue, 5)
    await until(() => b.sink.messages.length === 5, 'the others')
    expect(b.sink.texts.sort()).toEqual(names('m', 5))
    await a.sink.messages[0]!.ack()
    await Promise.all(b.sink.messages.map((message) => message.ack()))
  })

  it('dead-letters what cannot be given back, because it is too large', async () => {
    const queue = queueName('too-large')
    const limits = { ...integrationSettings({}).limits, frame: 10_000 }
    const leaving = await client({}, { settings: { limits } })
    const a = await consume(leaving, queue, 0)
    await leaving.adapter.queue!.enqueue(queue, Buffer.alloc(20_000), {}, within())
    await until(() => broker.log.split(`'${queue}'`).length > 2, 'the message to be out')
    await leaving.adapter.ping!(AbortSignal.timeout(2_000))
    await a.consumer.close()
    await until(() => leaving.context.letters.length === 1, 'the dead letter')
    expect(leaving.context.letters).toMatchObject([{ queue, attempts: 0 }])
  })
})

describe('messages that are given back', () => {
  it('wait in their order, and let nobody wait for them', async () => {
    const queue = queueName('order')
    const fixture = await client()
    const a = await consume(fixture, queue, 6)
    await sendAll(fixture, queue, names('m', 8))
    await until(() => a.sink.messages.length === 6, 'the messages')
    const [first, second, third, fourth, fifth, sixth] = a.sink.messages
    for (const message of [second!, first!, fourth!]) await message.undelivered!()
    for (const message of [third!, fifth!, sixth!]) await message.ack()
    a.consumer.request(5)
    await until(() => a.sink.messages.length === 11, 'them again')
    expect(a.sink.texts.slice(6)).toEqual(['m0', 'm1', 'm3', 'm6', 'm7'])
    await Promise.all(a.sink.messages.slice(6).map((message) => message.ack()))
    expect(fixture.context.records).toEqual([])
  })
})
