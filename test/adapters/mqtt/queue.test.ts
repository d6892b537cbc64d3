import { describe, expect, it } from 'vitest'
import { UnsupportedError } from '../../../src/core/errors/operation.js'
import { AckError, DequeueError, EnqueueError } from '../../../src/core/errors/queue.js'
import { until, within } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { testBroker } from './broker.js'
import { bytes, Deliveries } from './fixture.js'
import { numbers, sendAll } from './queues.js'

const { broker, client } = await testBroker()

describe.each([5, '3.1.1'] as const)('queues over MQTT %s', (protocol_version) => {
  const config = { protocol_version }

  it('delivers what is asked for and no more, in order', async () => {
    const fixture = await client(config)
    const sink = new Deliveries()
    const queue = `demand/${protocol_version}`
    const consumer = await fixture.adapter.queue!.consume(queue, sink, within())
    await sendAll(fixture, queue, numbers(10))
    expect(sink.messages).toEqual([])
    consumer.request(3)
    await until(() => sink.messages.length === 3, 'three messages')
    await fixture.adapter.ping!(AbortSignal.timeout(2_000))
    expect(sink.texts).toEqual(['0', '1', '2'])
    consumer.request(7)
    await until(() => sink.messages.length === 10, 'the others')
    expect(sink.texts).toEqual(numbers(10))
    expect(sink.messages.every(({ attempt, redelivered }) => attempt === 1 && !redelivered)).toBe(true)
    await Promise.all(sink.messages.map((message) => message.ack()))
  })

  it('gets unacknowledged messages again after the socket was destroyed, and only those', async () => {
    const proxy = await FaultProxy.start(broker.port)
    const queue = `redelivery/${protocol_version}`
    const fixture = await client(config, { port: proxy.port })
    const consumerId = `${fixture.context.clientId}-queue-${encodeURIComponent(queue)}`
    const sink = new Deliveries()
    const consumer = await fixture.adapter.queue!.consume(queue, sink, within())
    consumer.request(10)
    await sendAll(await client(config), queue, numbers(10))
    await until(() => sink.messages.length === 10, 'all messages')
    const acknowledged = new RegExp(`Received PUBACK from ${consumerId} `, 'g')
    const acknowledgements = () => broker.log.match(acknowledged)?.length ?? 0
    const before = acknowledgements()
    // The first four go, in whatever order they are settled; 6 has to wait for 4 and 5 and comes again.
    for (const i of [3, 0, 2, 1, 6]) await sink.messages[i]!.ack()
    await until(() => acknowledgements() === before + 4, 'four acknowledgements')
    proxy.disconnect()
    await until(() => fixture.context.lost.length === 1, 'the loss of the connection')
    await expect(sink.messages[7]!.ack()).rejects.toBeInstanceOf(AckError)
    await fixture.adapter.connect(AbortSignal.timeout(5_000))
    const again = new Deliveries()
    const next = await fixture.adapter.queue!.consume(queue, again, within())
    next.request(20)
    await until(() => again.messages.length === 6, 'the messages again')
    expect(again.texts).toEqual(['4', '5', '6', '7', '8', '9'])
    expect(again.messages.every(({ attempt, redelivered }) => attempt === 2 && redelivered)).toBe(true)
    await Promise.all(again.messages.map((message) => message.ack()))
    expect(fixture.context.lost).toHaveLength(1)
    proxy.close()
  })

  it('keeps messages for a consumer that is away', async () => {
    const queue = `away/${protocol_version}`
    const away = await client({
      ...config,
      client_id: `away-${protocol_version}`,
      clean_session: false,
    })
    const consumer = await away.adapter.queue!.consume(queue, new Deliveries(), within())
    consumer.request(1)
    await away.adapter.disconnect()
    const sender = await client(config)
    await sendAll(sender, queue, numbers(5))
    await away.adapter.connect(AbortSignal.timeout(5_000))
    const sink = new Deliveries()
    ;(await away.adapter.queue!.consume(queue, sink, within())).request(5)
    await until(() => sink.messages.length === 5, 'the messages')
    expect(sink.texts).toEqual(numbers(5))
  })

  it('delivers a refused message again after its delay, with the next attempt', async () => {
    const queue = `nack/${protocol_version}`
    const fixture = await client(config)
    const sink = new Deliveries()
    const consumer = await fixture.adapter.queue!.consume(queue, sink, within())
    consumer.request(2)
    await sendAll(fixture, queue, ['a', 'b'])
    await until(() => sink.messages.length === 2, 'both messages')
    await sink.messages[0]!.nack(20)
    await sink.messages[0]!.ack()
    await sink.messages[1]!.ack()
    consumer.request(1)
    await until(() => sink.messages.length === 3, 'the message again')
    expect(sink.texts[2]).toBe('a')
    expect(sink.messages[2]).toMatchObject({ attempt: 2, redelivered: true })
    await sink.messages[2]!.nack(0)
    consumer.request(1)
    await until(() => sink.messages.length === 4, 'the message a third time')
    expect(sink.messages[3]).toMatchObject({ attempt: 3 })
    await sink.messages[3]!.ack()
    await sendAll(fixture, queue, ['c'])
    consumer.request(1)
    await until(() => sink.messages.length === 5, 'the message after')
    expect(sink.texts[4]).toBe('c')
  })

  it('shares a queue among the members of the group', async () => {
    const queue = `shared/${protocol_version}`
    const members = await Promise.all([client(config), client(config)])
    const sinks = await Promise.all(
      members.map(async ({ adapter }) => {
        const sink = new Deliveries()
        ;(await adapter.queue!.consume(queue, sink, within())).request(100)
        return sink
      }),
    )
    await sendAll(members[0]!, queue, numbers(20))
    await until(() => sinks.flatMap((sink) => sink.texts).length === 20, 'all messages')
    expect(sinks.map((sink) => sink.messages.length > 0)).toEqual([true, true])
    expect(new Set(sinks.flatMap((sink) => sink.texts))).toEqual(new Set(numbers(20)))
  })

  it('gives what a closed consumer left to the next one, and lets the old deliveries be settled', async () => {
    const queue = `closed/${protocol_version}`
    const fixture = await client(config)
    const first = new Deliveries()
    const consumer = await fixture.adapter.queue!.consume(queue, first, within())
    consumer.request(1)
    await sendAll(fixture, queue, numbers(3))
    await until(() => first.messages.length === 1, 'the first message')
    await consumer.close()
    await consumer.close()
    await first.messages[0]!.ack()
    const second = new Deliveries()
    ;(await fixture.adapter.queue!.consume(queue, second, within())).request(5)
    await until(() => second.messages.length === 2, 'what was left')
    expect(second.texts).toEqual(['1', '2'])
  })

  it('refuses what MQTT cannot do', async () => {
    const { adapter } = await client(config)
    const delayed = adapter.queue!.enqueue('q', bytes('x'), { delayMs: 5 }, within())
    await expect(delayed).rejects.toBeInstanceOf(UnsupportedError)
    await expect(adapter.queue!.enqueue('q/#', bytes('x'), {}, within())).rejects.toBeInstanceOf(EnqueueError)
    await expect(adapter.queue!.consume('q/+', new Deliveries(), within())).rejects.toBeInstanceOf(
      DequeueError,
    )
  })
})

describe('queues over MQTT 5 alone', () => {
  it('gives the message the id that enqueue returned, and keeps the headers', async () => {
    const fixture = await client()
    const sink = new Deliveries()
    ;(await fixture.adapter.queue!.consume('ids', sink, within())).request(2)
    const [first] = await sendAll(fixture, 'ids', ['a'])
    const second = await fixture.adapter.queue!.enqueue('ids', bytes('b'), { headers: { k: 'v' } }, within())
    await until(() => sink.messages.length === 2, 'both messages')
    expect(sink.messages.map(({ id }) => id)).toEqual([first, second])
    expect(sink.messages.map(({ headers }) => headers)).toEqual([undefined, { k: 'v' }])
  })

  it('says so when the broker keeps the message for nobody', async () => {
    const fixture = await client()
    const error = await fixture.adapter.queue!.enqueue('nobody', bytes('x'), {}, within()).catch((e) => e)
    expect(error).toBeInstanceOf(EnqueueError)
    expect(error).toMatchObject({ queue: 'nobody', retryable: true })
  })

  it('leaves no more than receive_maximum messages unacknowledged, and goes on when they are', async () => {
    const fixture = await client({ receive_maximum: 4 })
    const sink = new Deliveries()
    const consumer = await fixture.adapter.queue!.consume('window', sink, within())
    consumer.request(100)
    const sender = await client()
    await sendAll(sender, 'window', numbers(12))
    await until(() => sink.messages.length === 4, 'the first window')
    await sender.adapter.ping!(AbortSignal.timeout(2_000))
    expect(sink.texts).toEqual(numbers(4))
    // Pings, publishes and answers go on while all acknowledgements are held back.
    await fixture.adapter.pubsub!.publish('elsewhere', bytes('x'), { qos: 1 }, within())
    for (let i = 0; i < 12; i++) {
      await until(() => sink.messages.length > i, `message ${i}`)
      expect(fixture.context.lost).toEqual([])
      await sink.messages[i]!.ack()
    }
    expect(sink.texts).toEqual(numbers(12))
    expect(fixture.context.lost).toEqual([])
  })
})
