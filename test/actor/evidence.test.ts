import { describe, expect, test } from 'vitest'
import { ConnectionError } from '../../src/core/errors/connection.js'
import { TimeoutError } from '../../src/core/errors/operation.js'
import { attemptRig } from './attempt-rig.js'

// What an operation says about the service, the connection and itself.

const reset = () => new ConnectionError('reset')
const circuitBreaker = { failureThreshold: 2, successThreshold: 1, timeoutMs: 30_000 }
const atLeastOnce = { qos: 1 } as const

describe('the breaker and a new connection', () => {
  /** An actor whose breaker is open, with operations of these time-outs waiting for the connection. */
  async function waiting(timeouts: readonly number[], successThreshold = 1) {
    const rig = attemptRig({ circuitBreaker: { ...circuitBreaker, successThreshold } })
    const seqs: number[] = []
    for (const [n, timeout] of timeouts.entries())
      seqs.push(await rig.send('call', `m${n}`, undefined, undefined, timeout))
    for (const method of ['a', 'b']) await rig.send('call', method, undefined, undefined, 1_000)
    await rig.advance(1_000)
    expect(rig.gauges.breaker).toBe('open')
    // The attempt to connect has timed out too. The next one follows.
    await rig.advance(200)
    return { ...rig, seqs }
  }

  test('what waited for the connection waits for the probe too, and goes on in order', async () => {
    const { connected, attempts, tried, quiet, seqs, outcome, gauges } = await waiting([9e3, 9e3, 9e3, 9e3])
    await connected()
    expect([tried(), gauges.breaker]).toEqual([['call m0'], 'half-open'])
    attempts[0]!.resolve('back')
    await quiet()
    expect([tried(), gauges.breaker]).toEqual([['call m0', 'call m1', 'call m2', 'call m3'], 'closed'])
    for (const { resolve } of attempts) resolve('back')
    await quiet()
    expect(seqs.map((seq) => outcome(seq))).toEqual(Array(4).fill({ value: 'back' }))
  })

  test('what waits for a probe that fails is refused, and is told the truth', async () => {
    const { connected, attempts, quiet, seqs, error, gauges } = await waiting([9e3, 9e3])
    await connected()
    attempts[0]!.reject(reset())
    await quiet()
    expect(gauges.breaker).toBe('open')
    expect(error(seqs[1]!)).toMatchObject({ kind: 'circuit-open', retryAfterMs: 30_000 })
  })

  test('what waits for a probe is settled by its deadline, and can be cancelled', async () => {
    const { connected, advance, send, seqs, error, gauges } = await waiting([9e3, 1_500, 9e3])
    await connected()
    await send('cancel', '', seqs[2]!)
    await advance(300)
    expect(error(seqs[1]!)).toMatchObject({ kind: 'timeout' })
    expect([error(seqs[2]!)?.kind, gauges.breaker]).toEqual(['cancelled', 'half-open'])
  })

  test('what waits for a probe when the connection is lost goes on with the next', async () => {
    const { connected, lost, attempts, advance, tried, quiet } = await waiting([9e3, 9e3])
    await connected()
    await lost(reset())
    await advance(200)
    await connected()
    expect(tried()).toEqual(['call m0', 'call m1'])
    attempts[1]!.resolve()
    await quiet()
  })

  test('the time-out of an operation that waited, or was in flight before, does not open it again', async () => {
    const rig = attemptRig({ circuitBreaker: { ...circuitBreaker, failureThreshold: 1 } })
    const { send, connected, lost, advance, gauges, attempts, error, quiet } = rig
    await connected()
    const { source } = { source: { id: 1, kind: 'topic', decode: 'value', overflow: 'block' } as const }
    const credit = { credit: new SharedArrayBuffer(12), window: { messages: 10, bytes: 1_000 } }
    await send('subscribe', 's', undefined, { source: { ...source, ...credit } })
    attempts[0]!.resolve({ resume: () => {}, close: async () => {} })
    await quiet()
    const inFlight = await send('publish', 'kept', 1, atLeastOnce)
    await advance(500)
    await lost(reset())
    const waited = await send('call', 'waited', undefined, undefined, 1_000)
    await advance(490)
    await connected()
    // The subscription is not restored yet, so that the call still waits.
    await advance(510)
    expect([error(inFlight)?.kind, error(waited)?.kind]).toEqual(['timeout', 'timeout'])
    expect(gauges.breaker).toBe('closed')
  })

  test('a receive that waits for a message does not hold up the others', async () => {
    const { connected, send, tried, advance } = await waiting([])
    await connected()
    await send('receive', 'q', undefined, undefined, 60_000)
    await advance(0)
    await send('call', 'probe')
    expect(tried()).toEqual(['call probe'])
  })

  test('a lost connection counts once, also for calls that must not be repeated', async () => {
    const { send, connected, lost, attempts, gauges, quiet, advance } = attemptRig({ circuitBreaker })
    await connected()
    for (let n = 0; n < 5; n++) await send('call', 'once')
    await lost(reset())
    for (const { reject } of attempts) reject(reset())
    await quiet()
    expect(gauges.breaker).toBe('closed')
    await advance(200)
    await connected()
    await send('call', 'once')
    await lost(reset())
    attempts.at(-1)!.reject(reset())
    await quiet()
    expect(gauges.breaker).toBe('open')
  })
})

describe('a connection on which operations time out', () => {
  /** A ping that counts, and answers when the test says so. */
  function pinged(outcome: 'answers' | 'fails' | 'hangs') {
    const pings: ((error: Error) => void)[] = []
    const ping = () =>
      new Promise<void>((resolve, reject) => {
        pings.push(reject)
        if (outcome === 'answers') resolve()
        if (outcome === 'fails') reject(new ConnectionError('no answer'))
      })
    const rig = attemptRig(
      { circuitBreaker: { ...circuitBreaker, failureThreshold: 1e6 }, timeoutMs: 1_000 },
      { ping },
    )
    const warnings = () => rig.logged.filter(({ message }) => message.includes('operations timed out'))
    const times = async (count: number) => {
      for (let n = 0; n < count; n++) await rig.send('call', `m${n}`)
    }
    return { ...rig, pings, warnings, times }
  }

  test('is probed once and replaced once, however many time out', async () => {
    const { connected, advance, times, pings, warnings, connects } = pinged('fails')
    await connected()
    for (let n = 0; n < 20; n++) {
      await times(5)
      await advance(10)
    }
    await advance(950)
    expect([pings.length, connects.length, warnings().length]).toEqual([1, 2, 1])
  })

  test('what began on an earlier connection says nothing about the new one', async () => {
    const { connected, lost, advance, times, pings } = pinged('fails')
    await connected()
    await times(10)
    await advance(500)
    await lost(reset())
    await advance(200)
    await connected()
    await advance(1_000)
    expect(pings).toHaveLength(0)
  })

  test('a probe that ends after the connection was replaced says nothing, and replaces nothing', async () => {
    const { connected, lost, advance, times, pings, warnings, connects, quiet } = pinged('hangs')
    await connected()
    await times(3)
    await advance(1_000)
    expect(pings).toHaveLength(1)
    await lost(reset())
    pings[0]!(reset())
    await quiet()
    await advance(200)
    expect([connects.length, warnings().length]).toEqual([2, 0])
  })

  test('is probed again if it was found alive and operations begun later time out', async () => {
    const { connected, advance, times, pings, warnings } = pinged('answers')
    await connected()
    await times(30)
    await advance(1_000)
    expect(pings).toHaveLength(1)
    await times(3)
    await advance(1_000)
    expect([pings.length, warnings().length]).toEqual([2, 0])
  })
})

describe('a time-out that the adapter reports', () => {
  const retry = {
    maxAttempts: 2,
    backoff: { kind: 'constant', initialMs: 100 },
    jitter: 0,
    retryableErrors: [],
  } as const

  test('at the end of an attempt is that of the attempt', async () => {
    const { send, connected, attempts, advance, error, quiet } = attemptRig({ retry })
    await connected()
    const seq = await send('call', 'slow', undefined, { idempotent: true })
    await advance(995)
    attempts[0]!.reject(new TimeoutError('JetStream STREAM.NAMES'))
    await quiet()
    await advance(100)
    await advance(995)
    attempts[1]!.reject(new TimeoutError('JetStream STREAM.NAMES'))
    await quiet()
    expect(error(seq)).toMatchObject({
      operation: 'call slow',
      message: 'call slow timed out after 2090 ms and 2 attempts',
      cause: { message: 'JetStream STREAM.NAMES timed out' },
    })
  })

  test('is the fault of the caller if the caller allowed less time', async () => {
    const { send, connected, attempts, error, advance, gauges, quiet } = attemptRig({
      circuitBreaker: { ...circuitBreaker, failureThreshold: 1 },
    })
    await connected()
    const call = await send('call', 'm', undefined, undefined, 20)
    await advance(19)
    attempts[0]!.reject(new TimeoutError('publish'))
    await quiet()
    expect(error(call)).toMatchObject({ fault: 'local', message: 'call m timed out after 19 ms' })
    expect(gauges.breaker).toBe('closed')
  })

  test('is the fault of the server if the attempt began a moment late', async () => {
    const { send, connected, error, advance, gauges } = attemptRig({
      circuitBreaker: { ...circuitBreaker, failureThreshold: 1 },
    })
    const seq = await send('call', 'm')
    await advance(5)
    await connected()
    await advance(995)
    expect(error(seq)).toMatchObject({ kind: 'timeout' })
    expect([error(seq)?.fault, gauges.breaker]).toEqual([undefined, 'open'])
  })

  test('of a step says which, and keeps what only the adapter knows', async () => {
    const { send, connected, attempts, advance, error, quiet, gauges } = attemptRig({
      circuitBreaker: { ...circuitBreaker, failureThreshold: 1 },
    })
    await connected()
    const seq = await send('call', 'm')
    await advance(300)
    attempts[0]!.reject(new TimeoutError('connecting', { notExecuted: true }))
    await quiet()
    expect(error(seq)).toMatchObject({
      message: 'call m timed out after 300 ms: connecting timed out',
      notExecuted: true,
      retryable: true,
    })
    expect(gauges.breaker).toBe('open')
  })
})

describe('an adapter whose errors cannot be read', () => {
  const trap = () => {
    throw new Error('a getter that throws')
  }
  const hostile: readonly (readonly [string, () => unknown])[] = [
    ['an object', () => Object.defineProperties({}, { message: { get: trap }, toString: { get: trap } })],
    [
      'an Error',
      () =>
        Object.defineProperties(new Error('x'), {
          message: { get: trap },
          name: { get: trap },
        }),
    ],
    [
      'an error of the gateway',
      () => Object.defineProperty(new ConnectionError('x'), 'fault', { get: trap }),
    ],
    [
      'an error of another copy',
      () => Object.defineProperty(Object.assign(new Error('x'), { kind: 'rpc' }), 'retryable', { get: trap }),
    ],
    [
      'a proxy',
      () =>
        new Proxy(new ConnectionError('x'), { get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap }),
    ],
    ['an object without a prototype', () => Object.create(null)],
    ['a symbol', () => Symbol('x')],
    ['undefined', () => undefined],
  ]

  test.each(hostile)('rejects with %s: the operation fails, and the next one works', async (_what, make) => {
    const { send, connected, attempts, error, outcome, quiet, advance, connects, refused, lost } = attemptRig(
      {},
    )
    await refused(make() as Error)
    await advance(200)
    await connected()
    const bad = await send('call', 'bad')
    attempts[0]!.reject(make())
    await quiet()
    expect(error(bad)).toMatchObject({ kind: 'rpc', retryable: false })
    expect(error(bad)?.message).toContain('the adapter failed')
    await lost(make() as Error)
    await advance(200)
    expect(connects).toHaveLength(3)
    await connected()
    const good = await send('call', 'good')
    attempts[1]!.resolve('fine')
    await quiet()
    expect(outcome(good)).toEqual({ value: 'fine' })
  })

  test('returns what cannot be read instead of a promise: the operation fails, and the next one works', async () => {
    const odd = Object.defineProperty({}, 'then', { get: trap })
    let calls = 0
    const call = () => (++calls === 1 ? odd : Promise.resolve('fine')) as Promise<never>
    const { send, connected, error, outcome } = attemptRig({}, { rpc: { call, notify: async () => {} } })
    await connected()
    const bad = await send('call', 'bad')
    expect(error(bad)?.message).toContain('a getter that throws')
    expect(outcome(await send('call', 'good'))).toEqual({ value: 'fine' })
  })
})
