import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PUBLISHER_WINDOW, SUBSCRIBER_WINDOW } from '../../../src/brokers/memory/line.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { CancelledError } from '../../../src/core/errors/operation.js'
import { Bench, bytes, messages, operation, until } from './harness.js'

const CAPACITY = 100
const TOTAL = 5_000

describe('back-pressure of the memory broker', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench({ subscription_messages: CAPACITY })
  })
  afterEach(() => bench.stop())

  /** A subscriber that takes one message and no more, and a publisher that sends `TOTAL`. */
  async function stalled() {
    const publisher = await bench.actor()
    const subscriber = await bench.actor()
    const sink = messages()
    sink.room = false
    const subscription = await subscriber.adapter.pubsub!.subscribe('a', {}, sink, operation())
    let settled = 0
    const sent = Array.from({ length: TOTAL }, async (_, i) => {
      await publisher.adapter.pubsub!.publish('a', bytes(String(i)), {}, operation())
      settled++
    })
    const outcomes = Promise.allSettled(sent)
    await until(() => bench.broker.counts.blocked === PUBLISHER_WINDOW.messages, 'the publisher is held back')
    return { publisher, subscriber, sink, subscription, outcomes, settled: () => settled }
  }

  it('holds the publisher back when a subscriber stalls, within its bounds, and loses nothing', async () => {
    const { sink, subscription, outcomes, settled, publisher } = await stalled()
    await publisher.adapter.ping!(new AbortController().signal)
    expect(bench.broker.counts.held).toBe(CAPACITY + PUBLISHER_WINDOW.messages)
    expect(settled()).toBe(SUBSCRIBER_WINDOW.messages + CAPACITY)
    expect(sink.got.length).toBe(1)
    sink.room = true
    subscription.resume()
    expect((await outcomes).every(({ status }) => status === 'fulfilled')).toBe(true)
    await until(() => sink.got.length === TOTAL, 'all are delivered')
    expect(sink.texts).toEqual(Array.from({ length: TOTAL }, (_, i) => String(i)))
    expect(bench.broker.counts).toMatchObject({ held: 0, blocked: 0, bytes: 0 })
  })

  it('leaves all other topics alone meanwhile, of the same publisher and of the same subscriber', async () => {
    const { publisher, subscriber } = await stalled()
    const other = await bench.actor()
    const sinks = [messages(), messages()]
    await subscriber.adapter.pubsub!.subscribe('b', {}, sinks[0]!, operation())
    await other.adapter.pubsub!.subscribe('+', {}, sinks[1]!, operation())
    const many = Array.from({ length: 5_000 }, (_, i) => String(i))
    await Promise.all(many.map((one) => publisher.adapter.pubsub!.publish('b', bytes(one), {}, operation())))
    await until(() => sinks.every(({ got }) => got.length === many.length), 'the other topic works')
    for (const sink of sinks) expect(sink.texts).toEqual(many)
  })

  it('leaves queues and calls alone meanwhile', async () => {
    const { publisher } = await stalled()
    await expect(publisher.adapter.queue!.enqueue('q', bytes('x'), {}, operation())).resolves.toEqual(
      expect.any(String),
    )
  })

  it.each([
    ['the stalled subscriber is killed', 'kill'],
    ['the stalled subscription is closed', 'close'],
  ] as const)('lets the publisher go on when %s', async (_, end) => {
    const { subscriber, subscription, outcomes } = await stalled()
    if (end === 'kill') subscriber.kill()
    else await subscription.close()
    expect((await outcomes).every(({ status }) => status === 'fulfilled')).toBe(true)
    expect(bench.broker.counts).toMatchObject({ held: 0, blocked: 0, bytes: 0 })
  })

  it('rejects every publication that waits when the publisher is disconnected', async () => {
    const { publisher, outcomes } = await stalled()
    await publisher.adapter.disconnect()
    const rejected = (await outcomes).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(rejected.length).toBe(TOTAL - SUBSCRIBER_WINDOW.messages - CAPACITY)
    expect(rejected.every((error) => error instanceof ConnectionError)).toBe(true)
    await until(
      () => bench.broker.counts.blocked === 0,
      'the broker has forgotten what it did not acknowledge',
    )
  })

  it('gives up a publication that waits in the publisher when its attempt is given up', async () => {
    const { publisher, sink, subscription, outcomes } = await stalled()
    const abort = new AbortController()
    const late = publisher.adapter.pubsub!.publish('a', bytes('late'), {}, operation(abort.signal))
    abort.abort()
    await expect(late).rejects.toBeInstanceOf(CancelledError)
    sink.room = true
    subscription.resume()
    await outcomes
    await until(() => sink.got.length === TOTAL, 'all others are delivered')
    expect(sink.texts).not.toContain('late')
  })

  it('counts bytes as well', async () => {
    await bench.stop()
    bench = new Bench({ subscription_bytes: 1_000_000 })
    const { pubsub } = (await bench.actor()).adapter
    const sink = messages()
    sink.room = false
    const subscription = await pubsub!.subscribe('a', {}, sink, operation())
    const payload = new Uint8Array(500_000)
    const sent = Promise.all(Array.from({ length: 60 }, () => pubsub!.publish('a', payload, {}, operation())))
    await until(() => bench.broker.counts.blocked > 0, 'the publisher is held back')
    const { held, blocked } = bench.broker.counts
    expect(held - blocked).toBeLessThanOrEqual(2)
    expect(blocked).toBeLessThanOrEqual(9)
    sink.room = true
    subscription.resume()
    await sent
    await until(() => sink.got.length === 60, 'all are delivered')
  })
})
