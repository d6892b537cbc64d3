import { describe, expect, test } from 'vitest'
import * as errors from '../../src/adapter.js'
import { COUNTERS, type Counter } from '../../src/core/metrics.js'
import { addCounts, Gauges } from '../../src/mailbox/gauges.js'

const NAMES = Object.keys(COUNTERS) as readonly Counter[]

describe('gauges', () => {
  test('what one side writes the other reads, and no place is used twice', () => {
    const actor = new Gauges()
    const host = new Gauges(actor.shared)
    for (const [i, counter] of NAMES.entries()) actor.count(counter, i + 1)
    const kinds = ['connection', 'timeout', 'rpc', 'config'] as const
    for (const [i, kind] of kinds.entries()) for (let n = 0; n <= i; n++) actor.countError(kind)
    actor.beat(123_456_789_012)
    actor.beat(99)
    actor.setConnection('reconnecting', 7, 1_700_000_000_000)
    actor.setBreaker('half-open', 1_700_000_000_001)
    actor.setInHand(5)
    actor.setOperations(6)
    actor.addWaitingDeliveries(9)
    actor.addWaitingDeliveries(-2)
    expect([host.pool, host.lastUsed]).toEqual([undefined, 0])
    const pool = { size: 5, idle: 2, inUse: 3, pending: 4, max: 8 }
    actor.setPool(pool)
    actor.setLastUsed(1_700_000_000_002)

    const { errors: errorCounts, ...counts } = host.counts()
    expect(counts).toEqual(Object.fromEntries(NAMES.map((counter, i) => [counter, i + 1])))
    expect(errorCounts).toEqual({ connection: 1, timeout: 2, rpc: 3, config: 4 })
    const { heartbeat, heapBytes, connection, reconnectAttempt, connectedSince } = host
    expect({ heartbeat, heapBytes, connection, reconnectAttempt, connectedSince }).toEqual({
      heartbeat: 2,
      heapBytes: 99,
      connection: 'reconnecting',
      reconnectAttempt: 7,
      connectedSince: 1_700_000_000_000,
    })
    expect([host.pool, host.lastUsed]).toEqual([pool, 1_700_000_000_002])
    const { breaker, breakerOpenUntil, inHand, depths } = host
    expect({ breaker, breakerOpenUntil, inHand, depths }).toEqual({
      breaker: 'half-open',
      breakerOpenUntil: 1_700_000_000_001,
      inHand: 5,
      depths: { operations: 6, deliveries: 7 },
    })
  })

  test('begin with nothing in hand', () => {
    const gauges = new Gauges()
    expect([gauges.inHand, gauges.connection, gauges.breaker, gauges.heartbeat]).toEqual([
      -1,
      'disconnected',
      'closed',
      0,
    ])
  })

  test('every kind of error has its own counter', () => {
    const kinds = [
      new errors.ConnectionError(''),
      new errors.TimeoutError(''),
      new errors.CircuitOpenError(1),
      new errors.AuthError(''),
      new errors.RpcError(1, ''),
      new errors.SerializeError(''),
      new errors.PublishError('', ''),
      new errors.SubscribeError('', ''),
      new errors.EnqueueError('', ''),
      new errors.DequeueError('', ''),
      new errors.AckError('', ''),
      new errors.ActorCrashedError('', true),
      new errors.MailboxFullError(),
      new errors.RateLimitedError(1),
      new errors.UnsupportedError(''),
      new errors.CancelledError(),
      new errors.ShutdownError(),
      new errors.ConfigError(''),
    ].map(({ kind }) => kind)
    const gauges = new Gauges()
    for (const kind of kinds) gauges.countError(kind)
    expect(gauges.counts().errors).toEqual(Object.fromEntries(kinds.map((kind) => [kind, 1])))
  })

  test('the counts of two lives add up', () => {
    const [first, second] = [new Gauges(), new Gauges()]
    first.count('published', 2)
    first.countError('timeout')
    second.count('published', 3)
    second.countError('timeout')
    second.countError('rpc')
    const sum = addCounts(first.counts(), second.counts())
    expect([sum.published, sum.received, sum.errors]).toEqual([5, 0, { timeout: 2, rpc: 1 }])
  })
})
