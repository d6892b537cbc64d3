import { afterEach, describe, expect, it } from 'vitest'
import { EnqueueError, Gateway, PublishError } from '../../../src/index.js'
import { Bench, bytes, deliveries, messages, operation, until } from './harness.js'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function bench(limit: number): Bench {
  const made = new Bench({ bytes: limit })
  cleanups.push(() => made.stop())
  return made
}

describe('the bytes of the memory broker', () => {
  it('are one sum of queues, retained messages and what waits for subscriptions', async () => {
    const broker = bench(1_000_000)
    const { queue, pubsub } = (await broker.actor()).adapter
    const payload = new Uint8Array(50_000)
    const unread = messages()
    unread.room = false
    await pubsub!.subscribe('t', {}, unread, operation())
    const fill = async (send: (n: number) => Promise<unknown> | undefined) => {
      for (let n = 0; ; n++)
        try {
          await send(n)
        } catch (error) {
          return { n, error }
        }
    }
    for (let n = 0; n < 6; n++) await queue!.enqueue(`q${n}`, payload, {}, operation())
    for (let n = 0; n < 6; n++) await pubsub!.publish(`r${n}`, payload, { retain: true }, operation())
    const topics = await fill(() => pubsub!.publish('t', payload, {}, operation()))
    expect(topics.error).toBeInstanceOf(PublishError)
    // What is within the window of the subscription is with its actor.
    expect(topics.n).toBeGreaterThan(6)
    const queues = await fill((n) => queue!.enqueue(`p${n}`, payload, {}, operation()))
    expect(queues.error).toBeInstanceOf(EnqueueError)
    expect(queues.error).toMatchObject({ retryable: true, notExecuted: true, reason: /broker is full/ })
    const retained = await fill((n) => pubsub!.publish(`s${n}`, payload, { retain: true }, operation()))
    expect(retained.error).toMatchObject({ kind: 'publish', retryable: true, notExecuted: true })
    expect(broker.broker.counts.bytes).toBeLessThanOrEqual(1_000_000)
  })

  it('are given back when messages are settled, cleared, delivered or replaced', async () => {
    const broker = bench(1_000_000)
    const { queue, pubsub } = (await broker.actor()).adapter
    const payload = new Uint8Array(100_000)
    const sinks = [messages(), messages(), messages()]
    const subscriptions = []
    for (const sink of sinks) {
      sink.room = false
      subscriptions.push(await pubsub!.subscribe('t', {}, sink, operation()))
    }
    // Three subscriptions hold one message: it counts once.
    for (let n = 0; n < 15; n++) await pubsub!.publish('t', payload, {}, operation())
    expect(broker.broker.counts.bytes).toBeLessThan(600_000)
    const [first, ...others] = subscriptions
    for (const subscription of others) await subscription.close()
    sinks[0]!.room = true
    first!.resume()
    await until(() => sinks[0]!.got.length === 15, 'all are delivered')
    for (let round = 0; round < 30; round++) {
      await queue!.enqueue('q', payload, {}, operation())
      await pubsub!.publish('r', payload, { retain: true }, operation())
      const sink = deliveries()
      const consumer = await queue!.consume('q', sink, operation())
      consumer.request(1)
      await until(() => sink.got.length === 1, 'it is delivered')
      await sink.got[0]!.ack()
      await consumer.close()
    }
    await pubsub!.publish('r', new Uint8Array(0), { retain: true }, operation())
    expect(broker.broker.counts.bytes).toBe(0)
  })

  it('end below the mark at which its thread would be replaced, and nothing acknowledged is lost', async () => {
    const gateway = await Gateway.start({
      brokers: { memory: { type: 'memory', limits: { memory: '128MB' } } },
      integrations: { bus: { type: 'memory', format: 'binary', retry: { max_attempts: 1 } } },
    })
    cleanups.push(() => gateway.shutdown({ timeout: 0 }))
    const queue = gateway.queue('bus')
    const payload = bytes('x'.repeat(100_000))
    const ids = new Set<string>()
    const refusals: unknown[] = []
    for (let n = 0; n < 2_000; n += 10) {
      const sent = Array.from({ length: 10 }, (_, i) => queue.send(`q${(n + i) % 3}`, payload))
      for (const outcome of await Promise.allSettled(sent))
        if (outcome.status === 'fulfilled') ids.add(outcome.value)
        else refusals.push(outcome.reason)
    }
    expect(refusals.length).toBeGreaterThan(0)
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(EnqueueError)
    expect(ids.size).toBeGreaterThan(100)
    let read = 0
    const readAll = async () => {
      for (const name of ['q0', 'q1', 'q2'])
        for (let left = true; left; ) {
          const message = await queue.receive(name, { timeout: 200 })
          left = message !== undefined
          if (await message?.ack()) read++
        }
      return read
    }
    // On a slow machine a receive may end before its message is there.
    await expect.poll(readAll).toBe(ids.size)
    await expect(queue.send('q0', payload)).resolves.toEqual(expect.any(String))
  })
})

describe('the budget of an actor of the memory protocol', () => {
  it('bounds what its unread subscriptions hold, and lets them go on when they are read', async () => {
    const broker = bench(100_000_000)
    const publisher = (await broker.actor()).adapter.pubsub!
    const { pubsub } = (await broker.actor(undefined, 300_000)).adapter
    const sink = messages()
    sink.room = false
    const subscription = await pubsub!.subscribe('t', {}, sink, operation())
    const payload = new Uint8Array(100_000)
    for (let n = 0; n < 50; n++) await publisher.publish('t', payload, {}, operation())
    sink.room = true
    subscription.resume()
    await until(() => sink.got.length === 50, 'all are delivered')
  })
})
