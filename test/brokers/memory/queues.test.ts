import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { QueueFacet } from '../../../src/core/adapter/queue-facet.js'
import { AckError, EnqueueError } from '../../../src/core/errors/queue.js'
import { Bench, bytes, deliveries, messages, operation, until } from './harness.js'

const numbered = (count: number) => Array.from({ length: count }, (_, i) => String(i))

async function send(queue: QueueFacet, name: string, texts: string[]): Promise<string[]> {
  return Promise.all(texts.map((one) => queue.enqueue(name, bytes(one), {}, operation())))
}

describe('queues of the memory broker', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.stop())

  it('delivers in order, each message with its own id, headers and bytes', async () => {
    const { queue } = (await bench.actor()).adapter
    const sink = deliveries()
    const ids = await send(queue!, 'jobs', numbered(500))
    expect(new Set(ids).size).toBe(500)
    await queue!.enqueue('jobs', bytes('last'), { headers: { kind: 'x' } }, operation())
    const consumer = await queue!.consume('jobs', sink, operation())
    consumer.request(1_000)
    await until(() => sink.got.length === 501, 'all are delivered')
    expect(sink.texts).toEqual([...numbered(500), 'last'])
    expect(sink.got.slice(0, 500).map(({ id }) => id)).toEqual(ids)
    expect(sink.got[500]).toMatchObject({
      headers: { kind: 'x' },
      attempt: 1,
      redelivered: false,
      topic: 'jobs',
    })
  })

  it('delivers no more than was asked for', async () => {
    const { queue } = (await bench.actor()).adapter
    const sink = deliveries()
    await send(queue!, 'jobs', numbered(10))
    const consumer = await queue!.consume('jobs', sink, operation())
    consumer.request(3)
    await until(() => sink.got.length === 3, 'three are delivered')
    await (await bench.actor()).adapter.ping!(new AbortController().signal)
    await queue!.enqueue('jobs', bytes('more'), {}, operation())
    expect(sink.texts).toEqual(['0', '1', '2'])
    consumer.request(2)
    await until(() => sink.got.length === 5, 'two more are delivered')
    expect(sink.texts).toEqual(['0', '1', '2', '3', '4'])
  })

  it('takes a request for ever so many messages', async () => {
    const actor = await bench.actor()
    const { queue } = actor.adapter
    const sink = deliveries()
    const consumer = await queue!.consume('jobs', sink, operation())
    consumer.request(Number.POSITIVE_INFINITY)
    consumer.request(5_000_000)
    await send(queue!, 'jobs', numbered(50))
    await until(() => sink.got.length === 50, 'all are delivered')
    expect(actor.lost).toEqual([])
  })

  it('serves competing consumers in turn', async () => {
    const producer = (await bench.actor()).adapter.queue!
    const sinks = [deliveries(), deliveries(), deliveries()]
    for (const sink of sinks) {
      const { adapter } = await bench.actor()
      ;(await adapter.queue!.consume('jobs', sink, operation())).request(100)
      // The demand has arrived when the broker answers what was sent behind it.
      await adapter.ping!(new AbortController().signal)
    }
    await send(producer, 'jobs', numbered(90))
    await until(() => sinks.reduce((sum, { got }) => sum + got.length, 0) === 90, 'all are delivered')
    expect(sinks.map(({ got }) => got.length)).toEqual([30, 30, 30])
  })

  it('gives what a killed consumer had not settled to the next, at the front, in order, counted', async () => {
    const producer = (await bench.actor()).adapter.queue!
    const doomed = await bench.actor()
    await send(producer, 'jobs', numbered(10))
    const first = deliveries()
    ;(await doomed.adapter.queue!.consume('jobs', first, operation())).request(5)
    await until(() => first.got.length === 5, 'five are delivered')
    await first.got[1]!.ack()
    await first.got[3]!.ack()
    doomed.kill()
    const second = deliveries()
    await until(() => doomed.lost.length === 1, 'the adapter has noticed')
    ;(await producer.consume('jobs', second, operation())).request(100)
    await until(() => second.got.length === 8, 'the rest is delivered')
    expect(second.texts).toEqual(['0', '2', '4', '5', '6', '7', '8', '9'])
    expect(second.got.map(({ attempt }) => attempt)).toEqual([2, 2, 2, 1, 1, 1, 1, 1])
    expect(second.got[0]!.redelivered).toBe(true)
    for (const delivery of second.got) await delivery.ack()
    expect(bench.broker.queued('jobs')).toBe(0)
  })

  it('loses nothing when the consumer is killed at every stage of its work', async () => {
    const producer = (await bench.actor()).adapter.queue!
    const expected = numbered(20)
    await send(producer, 'jobs', expected)
    const acked = new Set<string>()
    const delivered = new Set<string>()
    // Killed in turn: before it asks, just after, with its acks on the way, and after they were confirmed.
    for (let life = 0; bench.broker.queued('jobs') > 0; life++) {
      expect(life, 'progress is made').toBeLessThan(200)
      const actor = await bench.actor()
      const sink = deliveries()
      const consumer = await actor.adapter.queue!.consume('jobs', sink, operation())
      const stage = life % 4
      if (stage > 0) consumer.request(1)
      if (stage > 1) {
        await until(() => sink.got.length === 1, 'one is delivered')
        const name = sink.texts[0]!
        expect(acked, 'what was acknowledged does not come back').not.toContain(name)
        delivered.add(name)
        const ack = sink.got[0]!.ack().then(
          () => acked.add(name),
          (error) => expect(error).toBeInstanceOf(AckError),
        )
        if (stage === 3) await ack
        actor.kill()
        await ack
      } else actor.kill()
      await until(() => actor.lost.length === 1, 'the death is noticed')
    }
    expect([...delivered]).toEqual(expected)
    expect(acked.size).toBeGreaterThan(0)
  })

  it('leaves what a closed consumer has in hand to be settled', async () => {
    const { queue } = (await bench.actor()).adapter
    await send(queue!, 'jobs', ['a', 'b'])
    const sink = deliveries()
    const consumer = await queue!.consume('jobs', sink, operation())
    consumer.request(2)
    await until(() => sink.got.length === 2, 'both are delivered')
    await consumer.close()
    await consumer.close()
    const next = deliveries()
    ;(await queue!.consume('jobs', next, operation())).request(5)
    await sink.got[0]!.ack()
    await sink.got[1]!.nack(0)
    await until(() => next.got.length === 1, 'the one that was refused comes back')
    expect(next.texts).toEqual(['b'])
    expect(next.got[0]!.attempt).toBe(2)
    expect(bench.broker.queued('jobs')).toBe(1)
  })

  it('has back what was on its way to a consumer when it is closed, uncounted', async () => {
    const { queue } = (await bench.actor()).adapter
    const expected = numbered(100)
    await send(queue!, 'jobs', expected)
    const sink = deliveries()
    const consumer = await queue!.consume('jobs', sink, operation())
    consumer.request(100)
    // Closed in the same turn: everything is under way.
    await consumer.close()
    const next = deliveries()
    ;(await queue!.consume('jobs', next, operation())).request(100)
    await until(() => next.got.length === 100 - sink.got.length, 'the others have them')
    expect([...sink.texts, ...next.texts]).toEqual(expected)
    expect(next.got.every(({ attempt, redelivered }) => attempt === 1 && !redelivered)).toBe(true)
  })

  it('has an undelivered message back at its place at once, uncounted, however often', async () => {
    const { queue } = (await bench.actor()).adapter
    await send(queue!, 'jobs', ['a', 'b', 'c'])
    const sink = deliveries()
    const consumer = await queue!.consume('jobs', sink, operation())
    for (let round = 0; round < 20; round++) {
      consumer.request(2)
      await until(() => sink.got.length === 2, 'two are delivered')
      expect(sink.texts).toEqual(['a', 'b'])
      for (const { attempt, redelivered } of sink.got) expect([attempt, redelivered]).toEqual([1, false])
      // In the wrong order, and only the first settlement counts.
      for (const delivery of sink.got.splice(0).reverse()) {
        await delivery.undelivered!()
        await delivery.ack()
      }
    }
    consumer.request(1)
    await until(() => sink.got.length === 1, 'it is delivered')
    await sink.got[0]!.nack(0)
    consumer.request(1)
    await until(() => sink.got.length === 2, 'it is delivered again')
    expect(sink.got[1]).toMatchObject({ attempt: 2, redelivered: true })
  })

  it('keeps a message once, however often its operation is repeated', async () => {
    const first = (await bench.actor()).adapter.queue!
    const successor = (await bench.actor()).adapter.queue!
    const attempt = (operationId: string) => ({ ...operation(), operationId })
    const ids = [
      await first.enqueue('jobs', bytes('x'), {}, attempt('1')),
      await successor.enqueue('jobs', bytes('x'), {}, attempt('1')),
      await successor.enqueue('jobs', bytes('x'), {}, attempt('2')),
    ]
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
    expect(bench.broker.queued('jobs')).toBe(2)
  })

  it('marks what is larger than the frame limit of its receiver, and counts it on topics', async () => {
    const { queue, pubsub } = (await bench.actor()).adapter
    const small = (await bench.actor(1_000)).adapter
    const [sink, heard] = [deliveries(), messages()]
    ;(await small.queue!.consume('jobs', sink, operation())).request(5)
    await small.pubsub!.subscribe('t', {}, heard, operation())
    for (const size of [1_001, 1_000]) {
      await queue!.enqueue('jobs', new Uint8Array(size), {}, operation())
      await pubsub!.publish('t', new Uint8Array(size), {}, operation())
    }
    await until(() => sink.got.length === 2 && heard.got.length === 1, 'they arrive')
    expect(sink.got[0]!.defect?.message).toMatch(/1001 bytes exceeds limits.frame \(1000\)/)
    expect(sink.got[1]!.defect).toBeUndefined()
    expect(heard.missed).toBe(1)
  })

  it('brings a refused message back to the front at once, or later where a delay is given', async () => {
    const { queue } = (await bench.actor()).adapter
    await send(queue!, 'jobs', ['a', 'b', 'c'])
    const sink = deliveries()
    const consumer = await queue!.consume('jobs', sink, operation())
    consumer.request(1)
    await until(() => sink.got.length === 1, 'the first is delivered')
    await sink.got[0]!.nack(0)
    await sink.got[0]!.ack()
    consumer.request(1)
    await until(() => sink.got.length === 2, 'it is delivered again')
    expect(sink.got[1]).toMatchObject({ attempt: 2, redelivered: true })
    await sink.got[1]!.nack(30)
    consumer.request(3)
    await until(() => sink.got.length === 5, 'all have come')
    expect(sink.texts).toEqual(['a', 'a', 'b', 'c', 'a'])
    expect(sink.got[4]!.attempt).toBe(3)
  })

  it('delivers a delayed message after those that are due before it', async () => {
    const { queue } = (await bench.actor()).adapter
    const sink = deliveries()
    ;(await queue!.consume('jobs', sink, operation())).request(10)
    const late = queue!.enqueue('jobs', bytes('late'), { delayMs: 60 }, operation())
    const soon = queue!.enqueue('jobs', bytes('soon'), { delayMs: 20 }, operation())
    const now = queue!.enqueue('jobs', bytes('now'), {}, operation())
    await Promise.all([late, soon, now])
    await until(() => sink.got.length === 3, 'all have come')
    expect(sink.texts).toEqual(['now', 'soon', 'late'])
  })

  it('refuses what a full queue has no room for, until there is room', async () => {
    await bench.stop()
    bench = new Bench({ queue_messages: 2, queues: 1 })
    const { queue } = (await bench.actor()).adapter
    await send(queue!, 'jobs', ['a', 'b'])
    const refused = queue!.enqueue('jobs', bytes('c'), {}, operation())
    await expect(refused).rejects.toBeInstanceOf(EnqueueError)
    await expect(refused).rejects.toMatchObject({
      retryable: true,
      queue: 'jobs',
      reason: /full.*2 messages/,
      notExecuted: true,
    })
    await expect(queue!.enqueue('other', bytes('c'), {}, operation())).rejects.toThrow(/limit of queues/)
    const sink = deliveries()
    ;(await queue!.consume('jobs', sink, operation())).request(1)
    await until(() => sink.got.length === 1, 'one is delivered')
    // Being handled is not being done.
    await expect(queue!.enqueue('jobs', bytes('c'), {}, operation())).rejects.toBeInstanceOf(EnqueueError)
    await sink.got[0]!.ack()
    await expect(queue!.enqueue('jobs', bytes('c'), {}, operation())).resolves.toEqual(expect.any(String))
  })

  it('tells that an acknowledgement could not be made once the line is gone', async () => {
    const actor = await bench.actor()
    const { queue } = actor.adapter
    await send(queue!, 'jobs', ['a'])
    const sink = deliveries()
    ;(await queue!.consume('jobs', sink, operation())).request(1)
    await until(() => sink.got.length === 1, 'it is delivered')
    actor.kill()
    await until(() => actor.lost.length === 1, 'the death is noticed')
    await expect(sink.got[0]!.ack()).rejects.toBeInstanceOf(AckError)
  })
})
