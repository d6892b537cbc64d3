import { afterEach, describe, expect, test } from 'vitest'
import { transforms as schema } from '../../src/config/schema/transform.js'
import type { MessageSink } from '../../src/core/adapter/inbound.js'
import type { InboundDelivery } from '../../src/core/adapter/queue-facet.js'
import { ConnectionError } from '../../src/core/errors/connection.js'
import type { Value } from '../../src/core/value.js'
import { newCredit } from '../../src/mailbox/credit.js'
import type { SourceSpec } from '../../src/mailbox/protocol.js'
import { actorRig } from './rig.js'

const WINDOW = { messages: 100, bytes: 1e6 }

function specOf(kind: SourceSpec['kind'], transform: unknown, rest: Partial<SourceSpec> = {}): SourceSpec {
  return {
    id: 7,
    kind,
    credit: newCredit(),
    window: WINDOW,
    decode: 'value',
    overflow: 'block',
    transforms: schema.parse(transform),
    ...rest,
  }
}

let ending: (() => void) | undefined
afterEach(() => ending?.())

/** An actor with a queue whose broker is the test. */
async function withQueue() {
  const journal: string[] = []
  let sink: MessageSink<InboundDelivery> | undefined
  let requested = 0
  const made = actorRig(
    {},
    {
      queue: {
        enqueue: async () => 'id',
        consume: async (_queue, given) => {
          sink = given
          requested = 0
          return {
            request: (count) => {
              requested += count
            },
            close: async () => {},
          }
        },
      },
    },
  )
  ending = () => made.end()
  await made.connected()
  return {
    ...made,
    journal,
    requested: () => requested,
    async deliver(name: string, value: Value, attempt = 1) {
      sink!.deliver({
        topic: 'jobs',
        payload: new TextEncoder().encode(JSON.stringify(value)),
        attempt,
        redelivered: attempt > 1,
        ack: async () => void journal.push(`ack ${name}`),
        nack: async () => void journal.push(`nack ${name}`),
        undelivered: async () => void journal.push(`undelivered ${name}`),
      })
      await made.quiet()
    },
    async settle(verb: 'ack' | 'nack' | 'undelivered', at: number) {
      const seq = await made.send(verb, '', made.deliveries[at]!.extras!.token)
      return made.outcome(seq)
    },
  }
}

describe('a queue with transforms', () => {
  test('sees the envelope, and is acknowledged once all that came of it is', async () => {
    const queue = await withQueue()
    await queue.send('consume', 'jobs', undefined, {
      source: specOf('queue', { type: 'jq', query: '[.queue, .attempt, .payload[]] | .[]' }),
    })
    await queue.deliver('a', ['x'])
    expect(queue.deliveries.map(({ value }) => value)).toEqual(['jobs', 1, 'x'])
    expect(await queue.settle('ack', 0)).toEqual({ value: true })
    expect(await queue.settle('ack', 1)).toEqual({ value: true })
    expect(queue.journal).toEqual([])
    expect(await queue.settle('ack', 2)).toEqual({ value: true })
    expect(await queue.settle('ack', 2)).toEqual({ value: false })
    expect(queue.journal).toEqual(['ack a'])
  })

  test('acknowledges what it filters, and asks for another', async () => {
    const queue = await withQueue()
    await queue.send('consume', 'jobs', undefined, {
      source: specOf('queue', { type: 'filter', expr: '.payload > 1' }),
    })
    await queue.deliver('a', 1)
    expect(queue.journal).toEqual(['ack a'])
    expect(queue.gauges.counts().filtered).toBe(1)
    expect(queue.requested()).toBe(2)
  })

  test('requests as many messages as its windows hold, and gives all back after a failure', async () => {
    const queue = await withQueue()
    await queue.send('consume', 'jobs', undefined, {
      source: specOf('queue', [
        { type: 'jq', query: '.payload' },
        { type: 'window', size: 2 },
      ]),
    })
    expect(queue.requested()).toBe(2)
    await queue.deliver('a', 1)
    await queue.deliver('b', 2)
    expect(queue.deliveries.map(({ value }) => value)).toEqual([[1, 2]])
    await queue.settle('nack', 0)
    expect(queue.journal).toEqual(['nack a', 'nack b'])
    expect(queue.requested()).toBe(4)
  })

  test('dead-letters a message that cannot be transformed, and goes on', async () => {
    const queue = await withQueue()
    await queue.send('consume', 'jobs', undefined, {
      source: specOf('queue', { type: 'map', expr: '.payload.a.b' }),
    })
    await queue.deliver('a', { a: 1 })
    await queue.deliver('b', { a: { b: 2 } })
    expect(queue.deliveries.map(({ value }) => value)).toEqual([2])
    expect(queue.notices.find(({ kind }) => kind === 'dead-letter')).toMatchObject({
      queue: 'jobs',
      reason: expect.stringContaining('map (.payload.a.b)'),
    })
    expect(queue.journal).toEqual(['ack a'])
  })

  test('gives up what it holds when the connection is lost', async () => {
    const queue = await withQueue()
    await queue.send('consume', 'jobs', undefined, {
      source: specOf('queue', [
        { type: 'distinct', by: '.payload' },
        { type: 'jq', query: '.payload' },
      ]),
    })
    await queue.deliver('a', 'x')
    await queue.lost(new ConnectionError('lost'))
    await queue.advance(10_000)
    await queue.connected()
    expect(await queue.settle('ack', 0)).toEqual({ value: false })
    // It is not taken for a repetition of itself.
    await queue.deliver('a again', 'x', 2)
    expect(queue.deliveries.map(({ value }) => value)).toEqual(['x', 'x'])
    await queue.settle('ack', 1)
    expect(queue.journal).toEqual(['ack a again'])
  })
})

describe('a source of results of calls', () => {
  test('receives results through its transforms, with the newest value of a join', async () => {
    const made = actorRig(
      {},
      {
        rpc: { call: async (method) => ({ method }), notify: async () => {} },
      },
    )
    ending = () => made.end()
    await made.connected()
    const transform = [{ type: 'join', with: 'rates' }]
    await made.send('collect', 'users', undefined, {
      source: specOf('collector', transform, { joined: { rates: 1 } }),
    })
    const first = await made.send('call', 'list', undefined, { into: 7 })
    expect(made.outcome(first)).toEqual({ value: null })
    await made.send('join', 'rates', 2)
    await made.send('call', 'list', undefined, { into: 7 })
    await made.advance(10)
    expect(made.deliveries.map(({ value }) => value)).toEqual([
      { method: 'list', rates: 1 },
      { method: 'list', rates: 2 },
    ])
    // Nobody wants a result for a source that is closed.
    await made.send('unsubscribe', '', 7)
    const late = await made.send('call', 'list', undefined, { into: 7 })
    expect(made.outcome(late)).toBeDefined()
    expect(made.error(late)).toBeUndefined()
    expect(made.deliveries).toHaveLength(2)
  })
})
