import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ToBroker } from '../../../src/brokers/memory/line.js'
import { ConfigError } from '../../../src/core/errors/config.js'
import type { Value } from '../../../src/core/value.js'
import { Bench, bytes, deliveries, messages, operation, requests, until } from './harness.js'

const publish = (id: number, size: number): ToBroker => ({ op: 'publish', id, topic: 't', size })

/** Frames that are none, each for its own reason. */
const BAD: readonly [string, unknown][] = [
  ['nothing', null],
  ['text', 'hello'],
  ['a list', []],
  ['no entries', {}],
  ['entries that are no list', { entries: { length: 1 } }],
  ['a null entry', { entries: [null] }],
  ['an unknown operation', { entries: [{ op: 'drop', id: 1 }] }],
  ['the name of an inherited property as operation', { entries: [{ op: 'constructor', id: 1 }] }],
  ['an operation that is no text', { entries: [{ op: 7n }] }],
  ['a negative id', { entries: [{ op: 'ping', id: -1 }] }],
  ['a fractional id', { entries: [{ op: 'ping', id: 0.5 }] }],
  ['a size beyond the bytes', { entries: [publish(1, 10)], bytes: new ArrayBuffer(9) }],
  ['bytes beyond the sizes', { entries: [publish(1, 3)], bytes: new ArrayBuffer(9) }],
  ['sizes without bytes', { entries: [publish(1, 3)] }],
  ['a size where none belongs', { entries: [{ op: 'ping', id: 1, size: 3 }], bytes: new ArrayBuffer(3) }],
  ['bytes that are text', { entries: [publish(1, 3)], bytes: 'abc' }],
  ['headers that are numbers', { entries: [{ ...publish(1, 0), headers: { a: 1 } }] }],
  ['a topic that is a number', { entries: [{ ...publish(1, 0), topic: 5 }] }],
  [
    'a credit that is not finite',
    { entries: [{ op: 'credit', subscription: 1, messages: Infinity, bytes: 0 }] },
  ],
  ['a delay that is no number', { entries: [{ op: 'nack', id: 1, tag: 1, delayMs: Number.NaN }] }],
  ['a fault without a code', { entries: [{ op: 'answer', request: 1, fault: { kind: 'rpc' } }] }],
  ['too many entries', { entries: new Array(100_001).fill({ op: 'ping', id: 1 }) }],
  [
    'too much demand',
    {
      entries: [
        { op: 'consume', id: 1, consumer: 1, queue: 'q' },
        { op: 'request', consumer: 1, count: 1_000_001 },
      ],
    },
  ],
  [
    'a number used twice',
    {
      entries: [
        { op: 'subscribe', id: 1, subscription: 1, pattern: 'a' },
        { op: 'subscribe', id: 2, subscription: 1, pattern: 'b' },
      ],
    },
  ],
]

describe('a hostile line to the memory broker', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench({ subscription_messages: 10, bytes: 1_000_000 })
  })
  afterEach(() => bench.stop())

  it.each(BAD)('is closed for %s, with a log record, and hurts nobody else', async (_, frame) => {
    const neighbour = await bench.actor()
    const line = bench.line()
    let closed = false
    line.on('message', () => {})
    line.on('close', () => {
      closed = true
    })
    line.postMessage(frame)
    await until(() => closed, 'the line is closed')
    expect(bench.log).toHaveLength(1)
    expect(bench.log[0]).toMatchObject({ level: 'warn', integration: 'memory' })
    await neighbour.adapter.ping!(new AbortController().signal)
    expect(neighbour.lost).toEqual([])
    expect(bench.broker.counts).toMatchObject({ connections: 1, subscriptions: 0 })
  })

  it('never throws, whatever arrives', async () => {
    const neighbour = await bench.actor()
    const entry = fc.record(
      {
        op: fc.constantFrom(
          'ping',
          'publish',
          'subscribe',
          'credit',
          'enqueue',
          'consume',
          'request',
          'ack',
          'nack',
          'undelivered',
          'decline',
          'serve',
          'call',
          'answer',
          'unserve',
          'unconsume',
          'unsubscribe',
          '__proto__',
        ),
        id: fc.oneof(fc.nat(5), fc.anything()),
        topic: fc.constantFrom('a', '#', ''),
        pattern: fc.constantFrom('a', '#', ''),
        queue: fc.constantFrom('q', ''),
        method: fc.constantFrom('m', ''),
        subscription: fc.nat(2),
        consumer: fc.nat(2),
        service: fc.nat(2),
        tag: fc.nat(3),
        request: fc.nat(3),
        count: fc.nat(9),
        messages: fc.nat(9),
        bytes: fc.nat(9),
        delayMs: fc.nat(2),
        deadline: fc.nat(9),
        retain: fc.boolean(),
        size: fc.constantFrom(undefined, 0),
      },
      { requiredKeys: ['op'] },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.oneof(entry, fc.anything()), { maxLength: 6 }), { maxLength: 4 }),
        async (frames) => {
          const line = bench.line()
          for (const entries of frames) {
            try {
              line.postMessage({ entries })
            } catch {
              // What structured clone refuses never arrives.
            }
          }
          await neighbour.adapter.ping!(new AbortController().signal)
          line.close()
        },
      ),
      { numRuns: 300 },
    )
    expect(neighbour.lost).toEqual([])
  })

  it('is refused what it publishes beyond the bytes of the broker', async () => {
    const subscriber = await bench.actor()
    const sink = messages()
    sink.room = false
    await subscriber.adapter.pubsub!.subscribe('t', {}, sink, operation())
    const line = bench.line()
    let refused = 0
    line.on('message', ({ entries }) => {
      for (const entry of entries) if (entry.op === 'failed' && entry.fault.retryable) refused++
    })
    const entries = Array.from({ length: 5_000 }, (_, id) => publish(id, 0))
    line.postMessage({ entries })
    await until(() => refused > 0, 'publications are refused')
    expect(bench.broker.counts.bytes).toBeLessThanOrEqual(1_000_000)
    line.close()
    await until(() => bench.broker.counts.blocked === 0, 'its publications are forgotten')
    expect(bench.log).toEqual([])
  })

  it('gets no more than a window, whatever credit it grants itself', async () => {
    const { pubsub } = (await bench.actor()).adapter
    const line = bench.line()
    let got = 0
    line.on('message', ({ entries }) => {
      got += entries.filter(({ op }: { op: string }) => op === 'message').length
    })
    const huge = Number.MAX_SAFE_INTEGER
    line.postMessage({
      entries: [
        { op: 'subscribe', id: 1, subscription: 1, pattern: 't' },
        { op: 'credit', subscription: 1, messages: huge, bytes: huge },
      ],
    })
    await until(() => bench.broker.counts.subscriptions === 1, 'it is subscribed')
    for (let i = 0; i < 2_000; i++) pubsub!.publish('t', bytes('x'), {}, operation())!.catch(() => {})
    await until(() => bench.broker.counts.held >= 10, 'messages are held back')
    await until(() => got === 1_024, 'the window has arrived')
    line.close()
  })

  it('is not closed for the mistakes of an application', async () => {
    const actor = await bench.actor()
    const { queue, rpc, service, pubsub } = actor.adapter
    const long = 'x'.repeat(70_000)
    const odd = { headers: { a: 1 } as unknown as Record<string, string> }
    const outcomes = await Promise.allSettled([
      queue!.enqueue('', bytes('x'), {}, operation()),
      queue!.enqueue(long, bytes('x'), {}, operation()),
      queue!.enqueue('q', bytes('x'), odd, operation()),
      queue!.consume('', deliveries(), operation()),
      rpc!.call('', 1, operation()),
      service!.serve('', requests(), operation()),
      pubsub!.publish(long, bytes('x'), {}, operation()),
      pubsub!.publish('t', bytes('x'), odd, operation()),
      pubsub!.subscribe(long, {}, messages(), operation()),
      queue!.enqueue(7 as never, bytes('x'), {}, operation()),
      queue!.enqueue('q', 'text' as never, {}, operation()),
      queue!.consume(null as never, deliveries(), operation()),
      rpc!.call({} as never, 1, operation()),
      service!.serve(undefined as never, requests(), operation()),
      pubsub!.publish(7 as never, bytes('x'), {}, operation()),
      pubsub!.subscribe([] as never, {}, messages(), operation()),
    ])
    for (const one of outcomes)
      expect(one.status === 'rejected' && one.reason).toMatchObject({ notExecuted: true })
    expect(outcomes.map((one) => one.status === 'rejected' && one.reason.kind)).toEqual([
      'enqueue',
      'enqueue',
      'enqueue',
      'dequeue',
      'rpc',
      'subscribe',
      'publish',
      'publish',
      'subscribe',
      'enqueue',
      'enqueue',
      'dequeue',
      'rpc',
      'subscribe',
      'publish',
      'subscribe',
    ])
    await queue!.enqueue('q', bytes('x'), { delayMs: Number.NaN }, operation())
    const sink = deliveries()
    const consumer = await queue!.consume('q', sink, operation())
    for (const count of [-1, Number.NaN, 0, 1]) consumer.request(count)
    await until(() => sink.got.length === 1, 'it is delivered')
    await sink.got[0]!.nack(Number.NaN)
    expect(actor.lost).toEqual([])
    expect(bench.log).toEqual([])
  })
})

describe('the settings of the memory broker', () => {
  it.each<Record<string, Value>>([
    { queue_mesages: 1 },
    { queue_messages: 0 },
    { queue_messages: '5' },
    { constructor: 1 },
    { bytes: -1 },
  ])('are refused when they are wrong: %o', (config) => {
    expect(() => new Bench(config)).toThrow(ConfigError)
  })
})
