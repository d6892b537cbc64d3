import { describe, expect, it } from 'vitest'
import { until } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { testBroker } from './broker.js'
import type { Fixture } from './fixture.js'
import { consume, numbers, sendAll } from './queues.js'

const { broker, client } = await testBroker()

const queueName = (name: string) => `${name}/${Math.random().toString(36).slice(2)}`

/** Whether the broker says that the connection of that queue has ended. */
const hasLeft = ({ context }: Fixture, queue: string) =>
  broker.log.includes(`Client ${context.clientId}-queue-${encodeURIComponent(queue)} disconnected`)

describe('a consumer that closes', () => {
  it('gives what was prefetched to the other members, uncounted, and its connection goes', async () => {
    const queue = queueName('give-back')
    const [leaving, staying] = [await client(), await client()]
    const a = await consume(leaving, queue, 1)
    const b = await consume(staying, queue, 100)
    await sendAll(staying, queue, numbers(20))
    await until(() => a.sink.messages.length === 1 && b.sink.messages.length === 10, 'the first messages')
    await a.consumer.close()
    expect(hasLeft(leaving, queue)).toBe(false)
    await a.sink.messages[0]!.ack()
    await until(() => b.sink.messages.length === 19, 'what the other one had')
    expect(new Set([...a.sink.texts, ...b.sink.texts])).toEqual(new Set(numbers(20)))
    expect(b.sink.messages.every(({ attempt, redelivered }) => attempt === 1 && !redelivered)).toBe(true)
    await until(() => hasLeft(leaving, queue), 'the end of its connection')
    await Promise.all(b.sink.messages.map((message) => message.ack()))
  })

  it('keeps what nobody else takes, and gives it to whoever comes', async () => {
    const queue = queueName('alone')
    const leaving = await client()
    const a = await consume(leaving, queue, 0)
    await sendAll(leaving, queue, numbers(5))
    await until(() => broker.log.split(`'${queue}'`).length > 10, 'the messages to be out')
    await a.consumer.close()
    // It has found out that it is alone in two rounds, and waits.
    await leaving.adapter.ping!(AbortSignal.timeout(2_000))
    const published = broker.log.split(`Received PUBLISH from ${leaving.context.clientId} `).length - 1
    expect(published).toBeLessThanOrEqual(5 + 2 * 5)
    const b = await consume(await client(), queue, 100)
    await until(() => b.sink.messages.length === 5, 'the messages')
    expect(new Set(b.sink.texts)).toEqual(new Set(numbers(5)))
    await until(() => hasLeft(leaving, queue), 'the end of its connection')
  })

  it('carries the deliveries of a refused message to the next member', async () => {
    const queue = queueName('count')
    const [leaving, staying] = [await client(), await client()]
    const a = await consume(leaving, queue, 1)
    await sendAll(leaving, queue, ['x'])
    await until(() => a.sink.messages.length === 1, 'the message')
    const b = await consume(staying, queue, 100)
    await a.consumer.close()
    await a.sink.messages[0]!.nack(0)
    await until(() => b.sink.messages.length === 1, 'the message at the other member')
    expect(b.sink.messages[0]).toMatchObject({ attempt: 2, redelivered: true, topic: queue })
    expect(b.sink.messages[0]!.id).toBe(a.sink.messages[0]!.id)
    expect(b.sink.messages[0]!.headers).toBeUndefined()
  })

  it('over MQTT 3.1.1 leaves what was prefetched to the next consumer of this client', async () => {
    const queue = queueName('old')
    const fixture = await client({ protocol_version: '3.1.1' })
    const a = await consume(fixture, queue, 0)
    await sendAll(fixture, queue, numbers(3))
    await a.consumer.close()
    const b = await consume(fixture, queue, 5)
    await until(() => b.sink.messages.length === 3, 'the messages')
    expect(b.sink.texts).toEqual(numbers(3))
  })

  it('can be detached where its client id outlives the process: its messages wait for it', async () => {
    const queue = queueName('detach')
    const config = { client_id: `durable-${Date.now()}`, clean_session: false }
    const first = await client(config)
    const a = await consume(first, queue, 0)
    const other = await client()
    await sendAll(other, queue, numbers(3))
    await a.consumer.detach!()
    await first.adapter.disconnect()
    await sendAll(other, queue, ['late'])
    const b = await consume(await client(config), queue, 10)
    await until(() => b.sink.messages.length === 4, 'all messages')
    expect(b.sink.texts).toEqual([...numbers(3), 'late'])
    expect((await consume(other, queueName('none'), 0)).consumer.detach).toBeUndefined()
  })
})

describe('a delivery', () => {
  it('that nobody has seen goes to another consumer of the queue, uncounted', async () => {
    const queue = queueName('undelivered')
    const fixture = await client()
    const a = await consume(fixture, queue, 1)
    await sendAll(fixture, queue, ['x'])
    await until(() => a.sink.messages.length === 1, 'the message')
    await a.sink.messages[0]!.undelivered!()
    await a.sink.messages[0]!.ack()
    const b = await consume(fixture, queue, 1)
    await until(() => b.sink.messages.length === 1, 'the message again')
    expect(b.sink.messages[0]).toMatchObject({ attempt: 1, redelivered: false })
    await b.sink.messages[0]!.ack()
  })

  it('counts as an attempt only if a handler had it before the connection was lost', async () => {
    const proxy = await FaultProxy.start(broker.port)
    const queue = queueName('attempts')
    const fixture = await client({}, { port: proxy.port })
    const a = await consume(fixture, queue, 2)
    await sendAll(await client(), queue, numbers(5))
    await until(() => a.sink.messages.length === 2, 'two messages')
    proxy.disconnect()
    await until(() => fixture.context.lost.length === 1, 'the loss')
    await fixture.adapter.connect(AbortSignal.timeout(5_000))
    const b = await consume(fixture, queue, 10)
    await until(() => b.sink.messages.length === 5, 'all messages')
    expect(b.sink.messages.map(({ attempt }) => attempt)).toEqual([2, 2, 1, 1, 1])
    await Promise.all(b.sink.messages.map((message) => message.ack()))
    await fixture.adapter.disconnect()
    proxy.close()
  })

  it('is acknowledged when its acknowledgement has been written: after those before it in its queue', async () => {
    const [queue, other] = [queueName('order'), queueName('other')]
    const fixture = await client()
    const a = await consume(fixture, queue, 2)
    const b = await consume(fixture, other, 1)
    await sendAll(fixture, queue, ['slow', 'fast'])
    await sendAll(fixture, other, ['x'])
    await until(() => a.sink.messages.length === 2 && b.sink.messages.length === 1, 'the messages')
    const done: string[] = []
    const fast = a.sink.messages[1]!.ack().then(() => done.push('fast'))
    // Another queue waits for nothing here.
    await b.sink.messages[0]!.ack()
    expect(done).toEqual([])
    await a.sink.messages[0]!.ack()
    await fast
    expect(done).toEqual(['fast'])
  })

  it('does not wait for a message before it that was given back with a delay', async () => {
    const queue = queueName('delayed')
    const fixture = await client()
    const { sink } = await consume(fixture, queue, 3)
    await sendAll(fixture, queue, ['poison', 'good', 'better'])
    await until(() => sink.messages.length === 3, 'the messages')
    const early = sink.messages[1]!.ack()
    await sink.messages[0]!.nack(60_000)
    await early
    await sink.messages[2]!.ack()
  })
})
