import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PublishError, SubscribeError } from '../../../src/core/errors/pubsub.js'
import { Bench, bytes, messages, operation, text, until } from './harness.js'

describe('topics of the memory broker', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.stop())

  it('delivers to every subscription that matches, in order, with headers', async () => {
    const publisher = (await bench.actor()).adapter.pubsub!
    const subscriber = (await bench.actor()).adapter.pubsub!
    const patterns = ['a/b', 'a/+', 'a/#', '#', 'b/+']
    const sinks = patterns.map(() => messages())
    for (const [i, pattern] of patterns.entries())
      await subscriber.subscribe(pattern, {}, sinks[i]!, operation())
    const sent = Array.from({ length: 300 }, (_, i) => String(i))
    await Promise.all(
      sent.map((one) => publisher.publish('a/b', bytes(one), { qos: 1, headers: { n: one } }, operation())),
    )
    await until(() => sinks[3]!.got.length === 300, 'all are delivered')
    for (const sink of sinks.slice(0, 4)) expect(sink.texts).toEqual(sent)
    expect(sinks[4]!.got).toEqual([])
    expect(sinks[0]!.got[7]).toMatchObject({ topic: 'a/b', headers: { n: '7' } })
  })

  it('delivers what it holds for a subscription before its end, and nothing later', async () => {
    const publisher = (await bench.actor()).adapter.pubsub!
    const subscriber = (await bench.actor()).adapter.pubsub!
    const sink = messages()
    sink.room = false
    const subscription = await subscriber.subscribe('a', {}, sink, operation())
    const sent = Array.from({ length: 3_000 }, (_, i) => String(i))
    const published = sent.map((one) => publisher.publish('a', bytes(one), { qos: 1 }, operation()))
    await until(() => sink.got.length > 0, 'the first is delivered')
    await publisher.publish('b', bytes('after them'), { qos: 1 }, operation())
    const finished = subscription.finish!()
    sink.room = true
    subscription.resume()
    await Promise.all([finished, ...published])
    expect(sink.texts).toEqual(sent)
    await publisher.publish('a', bytes('later'), { qos: 1 }, operation())
    await subscription.close()
    expect(sink.texts).toHaveLength(sent.length)
  })

  it('keeps the last retained message of a topic, and forgets it for an empty one', async () => {
    const { pubsub } = (await bench.actor()).adapter
    await pubsub!.publish('s/1', bytes('old'), { retain: true }, operation())
    await pubsub!.publish('s/1', bytes('new'), { retain: true }, operation())
    await pubsub!.publish('s/2', bytes('two'), { retain: true }, operation())
    await pubsub!.publish('s/3', bytes('gone'), { retain: true, expiryMs: 0 }, operation())
    const all = messages()
    const one = messages()
    await pubsub!.subscribe('s/+', {}, all, operation())
    await pubsub!.subscribe('s/1', {}, one, operation())
    await until(() => all.got.length === 2 && one.got.length === 1, 'the retained ones are delivered')
    expect(all.texts.sort()).toEqual(['new', 'two'])
    expect(all.got.every(({ retain }) => retain === true)).toBe(true)
    await pubsub!.publish('s/1', new Uint8Array(0), { retain: true }, operation())
    await until(() => one.got.length === 2, 'who is subscribed hears of it')
    expect(one.got[1]!.retain).toBeUndefined()
    expect(bench.broker.counts.retained).toBe(1)
  })

  it('refuses more retained messages than it may hold', async () => {
    await bench.stop()
    bench = new Bench({ retained_messages: 1 })
    const { pubsub } = (await bench.actor()).adapter
    await pubsub!.publish('a', bytes('1'), { retain: true }, operation())
    await pubsub!.publish('a', bytes('2'), { retain: true }, operation())
    await expect(pubsub!.publish('b', bytes('3'), { retain: true }, operation())).rejects.toBeInstanceOf(
      PublishError,
    )
  })

  it('refuses what is not a topic or a pattern', async () => {
    const { pubsub } = (await bench.actor()).adapter
    await expect(pubsub!.publish('a/#', bytes('x'), {}, operation())).rejects.toBeInstanceOf(PublishError)
    await expect(pubsub!.publish('', bytes('x'), {}, operation())).rejects.toBeInstanceOf(PublishError)
    await expect(pubsub!.subscribe('a/#/b', {}, messages(), operation())).rejects.toBeInstanceOf(
      SubscribeError,
    )
    await expect(pubsub!.publish('a', bytes('x'), {}, operation())).resolves.toBeUndefined()
  })

  it('delivers nothing after a subscription was closed, or its actor killed', async () => {
    const publisher = (await bench.actor()).adapter.pubsub!
    const subscriber = await bench.actor()
    const closed = messages()
    const killed = messages()
    const subscription = await subscriber.adapter.pubsub!.subscribe('a', {}, closed, operation())
    await subscriber.adapter.pubsub!.subscribe('a', {}, killed, operation())
    await subscription.close()
    await subscription.close()
    await publisher.publish('a', bytes('1'), {}, operation())
    await until(() => killed.got.length === 1, 'the other one hears')
    subscriber.kill()
    await until(() => bench.broker.counts.connections === 1, 'the broker has noticed')
    await publisher.publish('a', bytes('2'), {}, operation())
    expect(closed.got).toEqual([])
    expect(killed.texts).toEqual(['1'])
    expect(bench.broker.counts.subscriptions).toBe(0)
  })

  it('carries large messages and many small ones unharmed', async () => {
    const { pubsub } = (await bench.actor()).adapter
    const sink = messages()
    await pubsub!.subscribe('big/#', {}, sink, operation())
    const large = new Uint8Array(5_000_000).fill(7)
    const sent = Array.from({ length: 50 }, (_, i) => (i % 10 === 0 ? large : bytes(`small ${i}`)))
    await Promise.all(sent.map((one) => pubsub!.publish('big/one', one, {}, operation())))
    await until(() => sink.got.length === 50, 'all are delivered')
    for (const [i, one] of sink.got.entries())
      if (i % 10 === 0) expect(Buffer.compare(one.payload, large)).toBe(0)
      else expect(text(one.payload)).toBe(`small ${i}`)
  })
})
