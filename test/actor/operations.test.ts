import { describe, expect, test } from 'vitest'
import { AuthError, ConnectionError } from '../../src/core/errors/connection.js'
import { RpcError } from '../../src/core/errors/rpc.js'
import type { IntegrationSettings } from '../../src/core/settings/integration.js'
import { attemptRig as rig } from './attempt-rig.js'

const idempotent = { idempotent: true } as const
const reset = () => new ConnectionError('reset')
const retry = (maxAttempts: number, initialMs = 100): IntegrationSettings['retry'] => ({
  maxAttempts,
  backoff: { kind: 'constant', initialMs },
  jitter: 0,
  retryableErrors: [],
})
const source = { id: 1, kind: 'topic', decode: 'value', overflow: 'block' } as const
const credit = () => ({ credit: new SharedArrayBuffer(12), window: { messages: 10, bytes: 1_000 } })

describe('an operation', () => {
  test('waits for the connection, and goes in the order in which it was asked for', async () => {
    const { send, tried, connected, gauges } = rig()
    for (const method of ['a', 'b', 'c']) await send('call', method)
    expect([tried(), gauges.depths.operations]).toEqual([[], 3])
    await connected()
    expect(tried()).toEqual(['call a', 'call b', 'call c'])
  })

  test('is settled once, with the value or the error of its attempt', async () => {
    const { send, attempts, connected, outcome, error, quiet, gauges } = rig()
    await connected()
    const good = await send('call', 'good')
    const bad = await send('call', 'bad')
    attempts[1]!.reject(new RpcError(7, 'no'))
    attempts[0]!.resolve({ n: 1 })
    await quiet()
    expect(outcome(good)).toEqual({ value: { n: 1 } })
    expect(error(bad)).toMatchObject({ kind: 'rpc', code: 7, integration: 'rig' })
    expect([gauges.depths.operations, gauges.counts().errors]).toEqual([0, { rpc: 1 }])
  })

  test('that waited, or was tried again, leaves nothing behind', async () => {
    const { send, attempts, connected, advance, quiet, actor, gauges } = rig({ retry: retry(3) })
    await send('call', 'early', undefined, idempotent)
    await connected()
    attempts[0]!.reject(reset())
    await advance(100)
    expect(gauges.depths.operations).toBe(1)
    attempts[1]!.resolve()
    await quiet()
    expect(gauges.depths.operations).toBe(0)
    // There is nothing to wait for: the clock stands still.
    let isStopped = false
    actor.stop(60_000).then(() => {
      isStopped = true
    })
    await quiet()
    expect(isStopped).toBe(true)
  })

  test('publishes after the subscriptions that were accepted before it', async () => {
    const { send, tried, attempts, connected, quiet } = rig()
    await send('publish', 't', 1)
    await send('subscribe', 's', undefined, { source: { ...source, ...credit() } })
    await connected()
    expect(tried()).toEqual(['subscribe s'])
    await send('publish', 'u', 2)
    expect(tried()).toEqual(['subscribe s'])
    attempts[0]!.resolve()
    await quiet()
    expect(tried()).toEqual(['subscribe s', 'publish t', 'publish u'])
  })

  test('publishes after the subscriptions that an earlier life had, even if the connection was up before', async () => {
    const { send, tried, attempts, connected, quiet } = rig()
    await connected()
    for (const [id, topic] of ['s', 't'].entries())
      await send('subscribe', topic, undefined, { source: { ...source, ...credit(), id, reopens: true } })
    await send('publish', 'u', 1)
    expect(tried()).toEqual(['subscribe s', 'subscribe t'])
    attempts[1]!.reject(new ConnectionError('busy'))
    await quiet()
    expect(tried()).toHaveLength(2)
    attempts[0]!.resolve()
    await quiet()
    expect(tried()).toEqual(['subscribe s', 'subscribe t', 'publish u'])
  })

  test('waits no longer for a subscription than an attempt may last', async () => {
    const { send, tried, connected, advance } = rig({ timeoutMs: 1_000 })
    await connected()
    const again = { ...source, ...credit(), reopens: true } as const
    await send('subscribe', 's', undefined, { source: again })
    await send('publish', 'u', 1, undefined, 5_000)
    await advance(1_000)
    expect(tried()).toContain('publish u')
  })

  test('is tried again after an attempt that took too long, as often as allowed', async () => {
    const { send, attempts, connected, advance, error, gauges } = rig({ retry: retry(3) })
    await connected()
    const seq = await send('call', 'slow', undefined, idempotent)
    await advance(999)
    expect(attempts[0]!.signal.aborted).toBe(false)
    await advance(1)
    expect(attempts[0]!.signal.aborted).toBe(true)
    expect(attempts).toHaveLength(1)
    await advance(100)
    expect(attempts).toHaveLength(2)
    await advance(1_100)
    expect(attempts).toHaveLength(3)
    expect(error(seq)).toBeUndefined()
    await advance(1_000)
    expect(error(seq)).toMatchObject({ kind: 'timeout', operation: 'call slow' })
    expect(gauges.counts().retries).toBe(2)
  })

  test('takes no notice of an earlier attempt that ends late', async () => {
    const { send, attempts, connected, advance, outcome, quiet } = rig({ retry: retry(2) })
    await connected()
    const seq = await send('call', 'slow', undefined, idempotent)
    await advance(1_100)
    attempts[0]!.resolve('late')
    await quiet()
    expect(outcome(seq)).toBeUndefined()
    attempts[1]!.resolve('right')
    await quiet()
    expect(outcome(seq)).toEqual({ value: 'right' })
  })

  test('that is not retryable is not tried again', async () => {
    const { send, attempts, connected, advance, error } = rig({ retry: retry(3) })
    await connected()
    const seq = await send('call', 'a')
    attempts[0]!.reject(new RpcError(1, 'no'))
    await advance(10_000)
    expect([attempts.length, error(seq)?.kind]).toEqual([1, 'rpc'])
  })
})

describe('the deadline of an operation holds', () => {
  test('while it waits for the connection', async () => {
    const { send, error, advance, tried, connected } = rig()
    const seq = await send('call', 'a', undefined, undefined, 500)
    await advance(499)
    expect(error(seq)).toBeUndefined()
    await advance(1)
    expect(error(seq)?.kind).toBe('timeout')
    await connected()
    expect(tried()).toEqual([])
  })

  test('during an attempt', async () => {
    const { send, error, advance, attempts, connected } = rig({ retry: retry(5) })
    await connected()
    const seq = await send('call', 'a', undefined, undefined, 500)
    await advance(500)
    expect([error(seq)?.kind, attempts[0]!.signal.aborted]).toEqual(['timeout', true])
    await advance(10_000)
    expect(attempts).toHaveLength(1)
  })

  test('between two attempts', async () => {
    const { send, error, advance, attempts, connected, quiet } = rig({ retry: retry(5, 400) })
    await connected()
    const seq = await send('call', 'a', undefined, idempotent, 700)
    attempts[0]!.reject(reset())
    await advance(500)
    // The second attempt began at 400; a third would begin past the deadline.
    attempts[1]!.reject(reset())
    await quiet()
    expect([error(seq)?.kind, attempts.length]).toEqual(['connection', 2])
  })

  test('before it has begun', async () => {
    const { send, error, connected, tried } = rig()
    await connected()
    const seq = await send('call', 'a', undefined, undefined, -1)
    expect([error(seq)?.kind, tried()]).toEqual(['timeout', []])
  })
})

describe('cancelling', () => {
  test('while it waits for the connection', async () => {
    const { send, error, connected, tried } = rig()
    const seq = await send('call', 'a')
    await send('cancel', '', seq)
    expect(error(seq)?.kind).toBe('cancelled')
    await connected()
    expect(tried()).toEqual([])
  })

  test('during an attempt: the adapter hears of it', async () => {
    const { send, error, connected, attempts } = rig({ retry: retry(3) })
    await connected()
    const seq = await send('call', 'a')
    await send('cancel', '', seq)
    expect([error(seq)?.kind, attempts[0]!.signal.aborted]).toEqual(['cancelled', true])
  })

  test('between two attempts: there is no second', async () => {
    const { send, error, connected, attempts, advance, clock, quiet } = rig({ retry: retry(3) })
    await connected()
    const seq = await send('call', 'a', undefined, idempotent)
    attempts[0]!.reject(reset())
    await quiet()
    await send('cancel', '', seq)
    expect(error(seq)?.kind).toBe('cancelled')
    await advance(10_000)
    expect(attempts).toHaveLength(1)
    expect(clock.pending.every(({ background }) => background)).toBe(true)
  })

  test('of what is settled already does nothing', async () => {
    const { send, outcome, connected, attempts, quiet } = rig()
    await connected()
    const seq = await send('call', 'a')
    attempts[0]!.resolve(1)
    await quiet()
    await send('cancel', '', seq)
    expect(outcome(seq)).toEqual({ value: 1 })
  })
})

describe('a request that the host has timed out', () => {
  test('ends as timed out, whatever time is left by the clock of the actor', async () => {
    const { send, error, connected, attempts } = rig({ retry: retry(3) })
    await connected()
    const seq = await send('call', 'a')
    await send('expire', '', seq)
    expect([error(seq)?.kind, attempts[0]!.signal.aborted]).toEqual(['timeout', true])
  })
})

describe('the breaker', () => {
  const circuitBreaker = { failureThreshold: 2, successThreshold: 1, timeoutMs: 5_000 }

  test('opens after failures in a row, fails fast, and lets a probe through when its time is up', async () => {
    const { send, error, outcome, connected, attempts, quiet, advance, gauges, notices } = rig({
      circuitBreaker,
    })
    await connected()
    for (const method of ['a', 'b']) {
      await send('call', method)
      attempts.at(-1)!.reject(reset())
      await quiet()
    }
    expect(gauges.breaker).toBe('open')
    const fast = await send('call', 'c')
    expect(error(fast)).toMatchObject({ kind: 'circuit-open', retryAfterMs: 5_000 })
    expect(attempts).toHaveLength(2)
    await advance(5_000)
    const probe = await send('call', 'd')
    attempts.at(-1)!.resolve('back')
    await quiet()
    expect([outcome(probe), gauges.breaker]).toEqual([{ value: 'back' }, 'closed'])
    expect(
      notices.filter(({ kind }) => kind === 'breaker').map((notice) => 'state' in notice && notice.state),
    ).toEqual(['open', 'half-open', 'closed'])
  })

  test('hears of operations that never found a connection', async () => {
    const { send, gauges, advance } = rig({ circuitBreaker })
    for (const method of ['a', 'b']) await send('call', method, undefined, undefined, 1_000)
    await advance(1_000)
    expect(gauges.breaker).toBe('open')
  })

  test('does not hear of callers that have less time than the integration allows', async () => {
    const { send, gauges, advance, connected, error, attempts } = rig({ circuitBreaker })
    for (const method of ['a', 'b']) await send('call', method, undefined, undefined, 900)
    await advance(900)
    await connected()
    const impatient: number[] = []
    for (const method of ['c', 'd', 'e', 'f'])
      impatient.push(await send('call', method, undefined, undefined, 200))
    await advance(200)
    expect(impatient.map((seq) => error(seq)?.kind)).toEqual(Array(4).fill('timeout'))
    expect([gauges.breaker, attempts.length]).toEqual(['closed', 4])
  })

  test('lets operations try at once when there is a new connection', async () => {
    const { send, gauges, advance, connected, attempts, outcome, quiet } = rig({ circuitBreaker })
    for (const method of ['a', 'b']) await send('call', method, undefined, undefined, 1_000)
    await advance(1_000)
    expect(gauges.breaker).toBe('open')
    await advance(100)
    await connected()
    const probe = await send('call', 'c')
    attempts[0]!.resolve('back')
    await quiet()
    expect([outcome(probe), gauges.breaker]).toEqual([{ value: 'back' }, 'closed'])
  })
})

describe('a call that may have been executed', () => {
  test('is not tried again: neither after a time-out nor after a cut connection', async () => {
    const { send, attempts, connected, advance, error, quiet } = rig({ retry: retry(3) })
    await connected()
    const slow = await send('call', 'pay')
    await advance(1_000)
    const cut = await send('call', 'pay')
    attempts[1]!.reject(reset())
    await quiet()
    await advance(5_000)
    expect([error(slow)?.kind, error(cut)?.kind, attempts.length]).toEqual(['timeout', 'connection', 2])
  })

  test('is tried again when it certainly was not sent', async () => {
    const { send, attempts, connected, advance, outcome, quiet } = rig({ retry: retry(3) })
    await connected()
    const seq = await send('call', 'pay')
    attempts[0]!.reject(new ConnectionError('refused', { notExecuted: true }))
    await advance(100)
    attempts[1]!.resolve('paid')
    await quiet()
    expect(outcome(seq)).toEqual({ value: 'paid' })
  })

  test('each attempt has its own signal: a late look at an earlier one sees that it was given up', async () => {
    const { send, contexts, connected, advance } = rig({ retry: retry(2) })
    await connected()
    await send('call', 'slow', undefined, idempotent)
    await advance(1_100)
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false])
    expect(contexts[0]!.operationId).toBe(contexts[1]!.operationId)
  })
})

describe('an operation that ends its connection', () => {
  test('is found among its neighbours, and rejects with the reason', async () => {
    const { send, attempts, connected, lost, advance, error, outcome, tried, quiet } = rig({ timeoutMs: 1e6 })
    await connected()
    const seqs = [await send('publish', 'good', 1, { qos: 1 }), await send('publish', 'bad', 1, { qos: 1 })]
    // The broker ends each connection on which it gets "bad".
    let begun = 0
    for (let round = 0; round < 8; round++) {
      const fresh = attempts.slice(begun)
      begun = attempts.length
      if (fresh.some(({ what }) => what === 'publish bad')) {
        await lost(reset())
        for (const { reject } of fresh) reject(reset())
        await quiet()
        await advance(20_000)
        await connected()
      } else for (const { resolve } of fresh) resolve()
      await quiet()
    }
    expect(error(seqs[1]!)).toMatchObject({ kind: 'connection', retryable: false })
    expect(error(seqs[1]!)?.message).toContain('publish bad')
    expect(outcome(seqs[0]!)).toEqual({ value: undefined })
    expect(tried().filter((what) => what === 'publish bad')).toHaveLength(5)
  })
})

describe('a connection that swallows what is sent', () => {
  test('is probed after three time-outs in a row, and replaced when it gives no answer', async () => {
    let pings = 0
    const { send, connected, advance, connects } = rig(
      {},
      {
        ping: async () => {
          pings++
          throw new ConnectionError('no answer')
        },
      },
    )
    await connected()
    for (let n = 1; n <= 3; n++) {
      await send('call', `m${n}`)
      await advance(1_000)
    }
    expect([pings, connects.length]).toEqual([1, 2])
  })
})

describe('without a connection', () => {
  test('that is lost: what promises "at least once" goes on with the next, anything else fails', async () => {
    const { send, outcome, error, connected, lost, attempts, advance, tried, quiet } = rig()
    await connected()
    const sure = await send('publish', 'sure', 1, { qos: 1 })
    const once = await send('publish', 'once', 1)
    const call = await send('call', 'call')
    const twice = await send('call', 'twice', undefined, { idempotent: true })
    await lost(reset())
    for (const attempt of attempts) attempt.reject(reset())
    await quiet()
    expect([sure, once, call, twice].map((seq) => error(seq)?.kind)).toEqual([
      undefined,
      'connection',
      'connection',
      undefined,
    ])
    await advance(100)
    await connected()
    expect(tried().slice(4)).toEqual(['publish sure', 'call twice'])
    for (const attempt of attempts.slice(4)) attempt.resolve(null)
    await quiet()
    expect([outcome(sure), outcome(twice)]).toEqual([{ value: null }, { value: null }])
  })

  test('that is lost is one fault to the breaker, however much was under way and goes on', async () => {
    const { send, connected, lost, attempts, advance, gauges, quiet } = rig({
      circuitBreaker: { failureThreshold: 3, successThreshold: 1, timeoutMs: 60_000 },
    })
    await connected()
    for (let i = 0; i < 20; i++) await send('publish', 't', i, { qos: 1 })
    await lost(reset())
    for (const attempt of attempts) attempt.reject(reset())
    await quiet()
    expect(gauges.breaker).toBe('closed')
    await advance(100)
    await connected()
    expect(attempts).toHaveLength(40)
  })

  test('and with "fail": at once, or after as many tries as any other failure', async () => {
    const reconnect = {
      enabled: true,
      maxAttempts: -1,
      delayMs: 50_000,
      maxDelayMs: 50_000,
      offline: 'fail',
    } as const
    const single = rig({ reconnect })
    await single.connected()
    await single.lost(reset())
    const seq = await single.send('publish', 't', 1, { qos: 1 })
    expect(single.error(seq)).toMatchObject({
      kind: 'connection',
      reason: `there is no connection: ${reset().message}`,
      notExecuted: true,
    })

    const several = rig({ reconnect, retry: retry(3), timeoutMs: 60_000 })
    await several.connected()
    await several.lost(reset())
    const again = await several.send('call', 'a')
    expect(several.error(again)).toBeUndefined()
    await several.advance(200)
    expect(several.error(again)?.kind).toBe('connection')
  })

  test('that is refused to us: whoever waits is told, now and later', async () => {
    const { send, error, refused, advance, connected, tried } = rig({ retry: retry(3) })
    const first = await send('call', 'a')
    await refused(new AuthError('bad password'))
    const second = await send('call', 'b')
    expect([error(first)?.kind, error(second)?.kind]).toEqual(['auth', 'auth'])
    await advance(100)
    await connected()
    await send('call', 'c')
    expect(tried()).toEqual(['call c'])
  })

  test('that has failed for good: nobody waits for it', async () => {
    const reconnect = { enabled: false, maxAttempts: -1, delayMs: 1, maxDelayMs: 1, offline: 'wait' } as const
    const { send, error, refused, advance } = rig({ reconnect, retry: retry(3), timeoutMs: 60_000 })
    const seq = await send('call', 'a')
    await refused(reset())
    await advance(200)
    expect(error(seq)).toMatchObject({ kind: 'connection', reason: 'reset' })
  })
})

describe('stopping', () => {
  test('waits for what is under way, and for no message that may never come', async () => {
    const { send, connected, attempts, actor, quiet, outcome } = rig()
    await connected()
    const call = await send('call', 'a')
    await send('subscribe', 's', undefined, { source: { ...source, ...credit() } })
    let stopped = false
    const stop = actor.stop(10_000).then(() => (stopped = true))
    await quiet()
    expect(stopped).toBe(false)
    attempts[0]!.resolve('done')
    await quiet()
    expect([stopped, outcome(call)]).toEqual([true, { value: 'done' }])
    await stop
  })

  test('leaves unsettled what did not end in time: the host decides about it', async () => {
    const { send, connected, attempts, actor, advance, outcome, quiet } = rig()
    await connected()
    const call = await send('call', 'a', undefined, undefined, 60_000)
    const stop = actor.stop(500)
    await advance(500)
    await stop
    attempts[0]!.reject(reset())
    await quiet()
    expect([outcome(call), attempts[0]!.signal.aborted]).toEqual([undefined, true])
  })
})

describe('subscriptions', () => {
  test('are asked for again at each connection, until the broker grants them or refuses for good', async () => {
    const { send, connected, lost, attempts, advance, quiet, notices, tried } = rig()
    await connected()
    await send('subscribe', 's', undefined, { source: { ...source, ...credit() } })
    attempts[0]!.resolve()
    await quiet()
    await lost(reset())
    await advance(100)
    await connected()
    expect(tried()).toEqual(['subscribe s', 'subscribe s'])
    attempts[1]!.reject(new ConnectionError('busy'))
    await advance(200)
    expect(tried()).toHaveLength(3)
    attempts[2]!.reject(new AuthError('not any more'))
    await quiet()
    await advance(100_000)
    expect(tried()).toHaveLength(3)
    expect(notices.filter(({ kind }) => kind === 'source-ended')).toMatchObject([
      { source: 1, error: { name: 'AuthError' } },
    ])
  })
})
