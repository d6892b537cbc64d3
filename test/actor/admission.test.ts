import { afterEach, describe, expect, test } from 'vitest'
import type { Attempt } from '../../src/core/adapter/attempt.js'
import type { ProtocolAdapter } from '../../src/core/adapter/protocol-adapter.js'
import { ConnectionError } from '../../src/core/errors/connection.js'
import { RpcError } from '../../src/core/errors/rpc.js'
import type { IntegrationSettings } from '../../src/core/settings/integration.js'
import { actorRig } from './rig.js'

interface Try {
  readonly method: string
  resolve(value?: unknown): void
  reject(error: Error): void
}

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A connected actor whose adapter notes each call and leaves it to the test; publishes are done at once. */
async function rig(settings: Partial<IntegrationSettings>) {
  const attempts: Try[] = []
  const published: string[] = []
  const call = (method: string, _params: unknown, _context: Attempt) =>
    new Promise<never>((resolve, reject) =>
      attempts.push({ method, resolve: resolve as Try['resolve'], reject }),
    )
  const facets: Partial<ProtocolAdapter> = {
    rpc: { call, notify: call },
    pubsub: {
      publish: (topic) => void published.push(topic),
      subscribe: async () => ({ resume: () => {}, close: async () => {} }),
    },
  }
  const actor = actorRig({ timeoutMs: 60_000, ...settings }, facets)
  ends.push(actor.end)
  await actor.connected()
  return {
    ...actor,
    attempts,
    published,
    tried: () => attempts.map(({ method }) => method),
    async finish(method: string) {
      attempts.find((attempt) => attempt.method === method)!.resolve(null)
      await actor.quiet()
    },
  }
}

const RATE = { requests: 2, perMs: 1_000, burst: 2, excess: 'wait' } as const
const retry: IntegrationSettings['retry'] = {
  maxAttempts: 5,
  backoff: { kind: 'constant', initialMs: 10 },
  jitter: 0,
  retryableErrors: [],
}

describe('a bulkhead', () => {
  test('lets so many be under way, and the next in when one ends, in order', async () => {
    const { send, tried, finish, gauges } = await rig({ bulkhead: { concurrent: 2, queue: 10 } })
    for (const method of ['a', 'b', 'c', 'd']) await send('call', method)
    expect([tried(), gauges.depths.operations]).toEqual([['a', 'b'], 4])
    await finish('b')
    expect(tried()).toEqual(['a', 'b', 'c'])
    await finish('a')
    expect(tried()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('refuses what does not fit into its queue, at once and without an attempt', async () => {
    const { send, tried, error, outcome, finish } = await rig({
      bulkhead: { concurrent: 1, queue: 1 },
      retry,
    })
    await send('call', 'a')
    const waiting = await send('call', 'b')
    const refused = await send('call', 'c')
    expect(error(refused)).toMatchObject({
      kind: 'mailbox-full',
      message: 'the bulkhead is full: bulkhead.concurrent (1) in flight and bulkhead.queue (1) waiting',
    })
    await finish('a')
    await finish('b')
    expect([tried(), outcome(waiting)]).toEqual([['a', 'b'], { value: null }])
  })

  test('one that is cancelled or out of time leaves its place in the queue to another', async () => {
    const { send, tried, error, advance, finish } = await rig({ bulkhead: { concurrent: 1, queue: 2 } })
    await send('call', 'a')
    const late = await send('call', 'late', undefined, undefined, 50)
    const unwanted = await send('call', 'unwanted')
    await send('cancel', '', unwanted)
    await send('call', 'b')
    await advance(50)
    expect([error(late)?.kind, error(unwanted)?.kind]).toEqual(['timeout', 'cancelled'])
    await send('call', 'c')
    await finish('a')
    await finish('b')
    expect(tried()).toEqual(['a', 'b', 'c'])
  })

  test('a retry that waits for its time takes no room', async () => {
    const { send, attempts, tried, advance } = await rig({ bulkhead: { concurrent: 1, queue: 5 }, retry })
    await send('call', 'a')
    await send('call', 'b')
    attempts[0]!.reject(new ConnectionError('reset', { notExecuted: true }))
    await advance(0)
    expect(tried()).toEqual(['a', 'b'])
    attempts[1]!.resolve(null)
    await advance(10)
    expect(tried()).toEqual(['a', 'b', 'a'])
  })

  test('many that are done at once pass one after the other', async () => {
    const { send, published, outcome, finish } = await rig({ bulkhead: { concurrent: 1, queue: 1_000 } })
    await send('call', 'a')
    const seqs: number[] = []
    for (let i = 0; i < 300; i++) seqs.push(await send('publish', `t${i}`, i))
    expect(published).toEqual([])
    await finish('a')
    expect(published).toHaveLength(300)
    expect(seqs.every((seq) => outcome(seq) !== undefined)).toBe(true)
  })

  test('subscriptions are no load', async () => {
    const { send, outcome } = await rig({ bulkhead: { concurrent: 1, queue: 0 } })
    await send('call', 'a')
    const source = { id: 1, kind: 'topic', decode: 'value', overflow: 'block' } as const
    const credit = { credit: new SharedArrayBuffer(12), window: { messages: 10, bytes: 1_000 } }
    const seq = await send('subscribe', 't', undefined, { source: { ...source, ...credit } })
    expect(outcome(seq)).toEqual({ value: undefined })
  })

  test('what waits when the connection goes begins on the next one', async () => {
    const { send, attempts, tried, lost, advance, connected, error } = await rig({
      bulkhead: { concurrent: 1, queue: 5 },
    })
    const cut = await send('call', 'a')
    await send('call', 'b')
    await lost(new ConnectionError('reset'))
    attempts[0]!.reject(new ConnectionError('reset'))
    await advance(10)
    expect([tried(), error(cut)?.kind]).toEqual([['a'], 'connection'])
    await connected()
    expect(tried()).toEqual(['a', 'b'])
  })
})

describe('a rate limit', () => {
  test('lets a burst through, and the rest in their time, in order', async () => {
    const { send, tried, advance } = await rig({ rateLimit: RATE })
    for (const method of ['a', 'b', 'c', 'd']) await send('call', method)
    expect(tried()).toEqual(['a', 'b'])
    await advance(499)
    expect(tried()).toEqual(['a', 'b'])
    await advance(1)
    expect(tried()).toEqual(['a', 'b', 'c'])
    await advance(500)
    expect(tried()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('refuses at once what could not be made before its deadline, and says when it could', async () => {
    const { send, error, advance, tried } = await rig({ rateLimit: { ...RATE, burst: 1 }, retry })
    await send('call', 'a')
    await send('call', 'b', undefined, undefined, 501)
    const refused = await send('call', 'c', undefined, undefined, 999)
    expect(error(refused)).toMatchObject({ kind: 'rate-limited', retryAfterMs: 1_000 })
    await advance(10_000)
    expect(tried()).toEqual(['a', 'b'])
  })

  test('excess = "fail" refuses whatever is beyond it', async () => {
    const { send, error, advance, outcome } = await rig({ rateLimit: { ...RATE, excess: 'fail' } })
    const first = await send('publish', 'a', 1)
    await send('publish', 'b', 2)
    const refused = await send('publish', 'c', 3)
    expect(error(refused)).toMatchObject({ kind: 'rate-limited', retryAfterMs: 500 })
    await advance(500)
    const later = await send('publish', 'd', 4)
    expect([outcome(first), outcome(later)]).toEqual([{ value: undefined }, { value: undefined }])
  })

  test('counts retries as requests', async () => {
    const { send, attempts, tried, advance } = await rig({ rateLimit: RATE, retry })
    await send('call', 'a')
    attempts[0]!.reject(new ConnectionError('reset', { notExecuted: true }))
    await advance(10)
    attempts[1]!.reject(new ConnectionError('reset', { notExecuted: true }))
    await advance(400)
    expect(tried()).toEqual(['a', 'a'])
    await advance(100)
    expect(tried()).toEqual(['a', 'a', 'a'])
  })

  test('and bulkhead together: both have to agree', async () => {
    const { send, tried, advance, finish } = await rig({
      rateLimit: { ...RATE, burst: 1 },
      bulkhead: { concurrent: 1, queue: 9 },
    })
    for (const method of ['a', 'b', 'c']) await send('call', method)
    await advance(5_000)
    expect(tried()).toEqual(['a'])
    await finish('a')
    expect(tried()).toEqual(['a', 'b'])
    await finish('b')
    expect(tried()).toEqual(['a', 'b'])
    await advance(500)
    expect(tried()).toEqual(['a', 'b', 'c'])
  })
})

describe('a retry budget', () => {
  test('lets an integration whose every call fails make few attempts more than it was asked for', async () => {
    const { send, attempts, advance, gauges } = await rig({
      retry: { ...retry, budget: { share: 0.2, minPerSecond: 0 } },
    })
    let handled = 0
    for (let i = 0; i < 100; i++) {
      await send('call', `m${i}`)
      for (let round = 0; round < 5; round++) {
        for (; handled < attempts.length; handled++)
          attempts[handled]!.reject(
            new RpcError(503, 'busy', undefined, { retryable: true, notExecuted: true }),
          )
        await advance(10)
      }
    }
    // A fifth of the hundred, and the reserve of ten.
    expect(attempts.length).toBeGreaterThan(115)
    expect(attempts.length).toBeLessThanOrEqual(131)
    expect(gauges.counts()).toMatchObject({ retries: attempts.length - 100, errors: { rpc: 100 } })
  })

  test('without one, every attempt that is configured is made', async () => {
    const { send, attempts, advance } = await rig({ retry })
    await send('call', 'a')
    for (let i = 0; i < 5; i++) {
      attempts[i]!.reject(new ConnectionError('reset', { notExecuted: true }))
      await advance(10)
    }
    expect(attempts).toHaveLength(5)
  })
})
