import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AuthError, ConnectionError } from '../../src/core/errors/connection.js'
import { ActorCrashedError } from '../../src/core/errors/lifecycle.js'
import { CircuitOpenError, RateLimitedError } from '../../src/core/errors/limits.js'
import {
  CancelledError,
  SerializeError,
  TimeoutError,
  UnsupportedError,
} from '../../src/core/errors/operation.js'
import { PublishError } from '../../src/core/errors/pubsub.js'
import { RpcError } from '../../src/core/errors/rpc.js'
import {
  admit,
  type BreakerCircuit,
  onFailure,
  onSuccess,
  onUnknown,
} from '../../src/resilience/breaker-state.js'
import { CircuitBreaker } from '../../src/resilience/circuit-breaker.js'
import { countsAsFailure, verdictOf } from '../../src/resilience/classify.js'
import { StepClock } from '../support/step-clock.js'

const settings = { failureThreshold: 3, successThreshold: 2, timeoutMs: 1_000 }
const lost = new ConnectionError('lost')

test.each([
  [lost, 'failure'],
  [new TimeoutError('call a'), 'failure'],
  [new PublishError('t', 'shutting down', { errorClass: 'service-unavailable' }), 'failure'],
  [new RpcError(-32_000, 'no such user'), 'success'],
  [new PublishError('t', 'not authorised'), 'unknown'],
  [new SerializeError('a Map'), 'unknown'],
  [new AuthError('no'), 'unknown'],
  [new UnsupportedError('call'), 'unknown'],
  [new CancelledError(), 'unknown'],
  [new RateLimitedError(5), 'unknown'],
  [new CircuitOpenError(5), 'unknown'],
  [new ActorCrashedError('x', false), 'unknown'],
  [new TypeError('a bug'), 'unknown'],
  [undefined, 'unknown'],
])('%s is a sign of %s', (error, verdict) => {
  expect(verdictOf(error)).toBe(verdict)
  expect(countsAsFailure(error)).toBe(verdict === 'failure')
})

describe('transitions', () => {
  const closed = (failures: number): BreakerCircuit => ({ kind: 'closed', failures })
  const open = (until: number): BreakerCircuit => ({ kind: 'open', until })
  const halfOpen = (inFlight: number, successes: number): BreakerCircuit => ({
    kind: 'half-open',
    inFlight,
    successes,
  })

  test.each([
    [closed(2), 0, { state: closed(2), verdict: 'admitted' }],
    [open(500), 100, { state: open(500), verdict: 'refused', retryAfterMs: 400 }],
    [open(500), 500, { state: halfOpen(1, 0), verdict: 'admitted' }],
    [halfOpen(1, 0), 0, { state: halfOpen(2, 0), verdict: 'admitted' }],
    [halfOpen(1, 1), 0, { state: halfOpen(2, 1), verdict: 'admitted' }],
    [halfOpen(2, 0), 0, { state: halfOpen(2, 0), verdict: 'waits' }],
  ])('admit %j at %d', (state, now, expected) => {
    expect(admit(state, settings, now)).toEqual(expected)
  })

  test.each([
    [closed(0), closed(0), closed(1), closed(0)],
    [closed(2), closed(0), open(1_100), closed(2)],
    [open(500), open(500), open(500), open(500)],
    [halfOpen(2, 0), halfOpen(1, 1), open(1_100), halfOpen(1, 0)],
    [halfOpen(2, 1), closed(0), open(1_100), halfOpen(1, 1)],
  ])('%j after success, failure, unknown', (state, succeeded, failed, unknown) => {
    expect(onSuccess(state, settings)).toEqual(succeeded)
    expect(onFailure(state, settings, 100)).toEqual(failed)
    expect(onUnknown(state)).toEqual(unknown)
  })

  test('a success while closed makes no new state', () => {
    const state = closed(0)
    expect(onSuccess(state, settings)).toBe(state)
  })
})

describe('CircuitBreaker', () => {
  function setUp() {
    const clock = new StepClock()
    const changes: string[] = []
    let ended = 0
    const breaker = new CircuitBreaker(
      settings,
      clock,
      (state, previous) => changes.push(`${previous.kind} > ${state.kind}`),
      () => ended++,
    )
    const take = () => breaker.acquire() as number
    const fail = () => breaker.failed(take(), lost)
    const trip = () => {
      for (let n = 0; n < settings.failureThreshold; n++) fail()
    }
    return { clock, changes, breaker, take, fail, trip, ended: () => ended }
  }

  test('opens after failures in a row, which a success interrupts', () => {
    const { breaker, take, fail, changes } = setUp()
    fail()
    fail()
    breaker.succeeded(take())
    fail()
    fail()
    expect(breaker.state.kind).toBe('closed')
    fail()
    expect(changes).toEqual(['closed > open'])
  })

  test('an open breaker refuses and says for how long', async () => {
    const { breaker, trip, clock } = setUp()
    trip()
    await clock.advance(400)
    expect(() => breaker.acquire()).toThrow(CircuitOpenError)
    expect(() => breaker.acquire()).toThrow('600 ms')
  })

  test('lets probes through after its time, and closes after enough of them in a row', async () => {
    const { breaker, take, trip, clock, changes } = setUp()
    trip()
    await clock.advance(1_000)
    const first = take()
    const second = take()
    expect(breaker.acquire()).toBeUndefined()
    breaker.succeeded(first)
    expect(breaker.state.kind).toBe('half-open')
    breaker.succeeded(second)
    expect(changes).toEqual(['closed > open', 'open > half-open', 'half-open > closed'])
  })

  test('one failed probe opens it for the whole time again, and what other probes say is stale', async () => {
    const { breaker, take, trip, clock } = setUp()
    trip()
    await clock.advance(1_000)
    const probe = take()
    breaker.failed(take(), lost)
    expect(breaker.state).toEqual({ kind: 'open', until: clock.monotonic() + 1_000 })
    breaker.succeeded(probe)
    expect(breaker.state.kind).toBe('open')
  })

  test('an operation from before the breaker opened neither closes nor re-opens it', async () => {
    const { breaker, take, trip, clock } = setUp()
    const [good, bad] = [take(), take()]
    trip()
    await clock.advance(1_000)
    const probe = take()
    breaker.succeeded(good)
    breaker.failed(bad, lost)
    expect(breaker.state).toEqual({ kind: 'half-open', inFlight: 1, successes: 0 })
    breaker.succeeded(probe)
    breaker.succeeded(take())
    expect(breaker.state).toEqual({ kind: 'closed', failures: 0 })
  })

  test('a probe that ends without a verdict gives its place back', async () => {
    const { breaker, take, trip, clock } = setUp()
    trip()
    await clock.advance(1_000)
    for (let n = 0; n < 10; n++) breaker.failed(take(), new CancelledError())
    expect(breaker.state).toEqual({ kind: 'half-open', inFlight: 0, successes: 0 })
  })

  test('an error answer of the service counts as a sign of life', () => {
    const { breaker, take, fail } = setUp()
    fail()
    fail()
    breaker.failed(take(), new RpcError(1, 'no'))
    expect(breaker.state).toEqual({ kind: 'closed', failures: 0 })
  })

  test('what is our own doing is not held against the service', () => {
    const { breaker, take } = setUp()
    const errors = [
      new TimeoutError('call a', { fault: 'local' }),
      new ConnectionError('the pool is full', { fault: 'local' }),
    ]
    for (let n = 0; n < 10; n++) for (const error of errors) breaker.failed(take(), error)
    expect(breaker.state).toEqual({ kind: 'closed', failures: 0 })
  })

  test('lets probes through at once when there is a new connection', () => {
    const { breaker, take, trip, changes } = setUp()
    breaker.reachable()
    trip()
    breaker.reachable()
    breaker.succeeded(take())
    breaker.succeeded(take())
    expect(changes).toEqual(['closed > open', 'open > half-open', 'half-open > closed'])
  })

  test('nothing that began before a new connection counts', () => {
    const { breaker, take, fail, changes } = setUp()
    fail()
    fail()
    const [inFlight, waiting] = [take(), breaker.generation]
    breaker.reachable()
    breaker.failed(inFlight, lost)
    breaker.blame(waiting, lost)
    expect(breaker.state).toEqual({ kind: 'closed', failures: 2 })
    fail()
    breaker.reachable()
    const probe = take()
    breaker.reachable()
    breaker.failed(probe, lost)
    breaker.failed(inFlight, lost)
    breaker.blame(waiting, lost)
    expect(breaker.state).toEqual({ kind: 'half-open', inFlight: 0, successes: 0 })
    expect(changes).toEqual(['closed > open', 'open > half-open'])
  })

  test('an operation that waited for the connection counts in the state in which it began to wait', async () => {
    const { breaker, clock } = setUp()
    const closed = breaker.generation
    for (let n = 0; n < settings.failureThreshold; n++) breaker.blame(closed, lost)
    expect(breaker.state.kind).toBe('open')
    const open = breaker.generation
    await clock.advance(1_000)
    breaker.blame(closed, lost)
    expect(breaker.state).toEqual({ kind: 'open', until: clock.monotonic() })
    breaker.blame(open, lost)
    expect(breaker.state).toEqual({ kind: 'open', until: clock.monotonic() + 1_000 })
  })

  test('says when a probe has ended, however it ended', async () => {
    const { breaker, take, trip, clock, ended } = setUp()
    trip()
    await clock.advance(1_000)
    const probes = [take(), take()]
    expect([breaker.isProbed, ended()]).toEqual([true, 0])
    breaker.cutOff(probes[0]!)
    expect([breaker.isProbed, ended()]).toEqual([false, 1])
    breaker.failed(probes[1]!, lost)
    expect([breaker.isProbed, ended()]).toEqual([false, 2])
  })

  test('an operation that may last takes no place among the probes, but its outcome counts', async () => {
    const { breaker, take, trip, clock } = setUp()
    trip()
    expect(() => breaker.acquireLasting()).toThrow(CircuitOpenError)
    await clock.advance(1_000)
    const lasting = [0, 1, 2].map(() => breaker.acquireLasting())
    expect(breaker.state).toEqual({ kind: 'half-open', inFlight: 0, successes: 0 })
    breaker.cutOff(lasting[0]!)
    expect(breaker.state).toEqual({ kind: 'half-open', inFlight: 0, successes: 0 })
    take()
    breaker.succeeded(lasting[1]!)
    expect(breaker.state).toEqual({ kind: 'half-open', inFlight: 1, successes: 1 })
    breaker.succeeded(lasting[2]!)
    expect(breaker.state).toEqual({ kind: 'closed', failures: 0 })
  })

  test('whatever happens, it recovers once the other side works again', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const) }),
      fc.record({
        do: fc.constantFrom('succeed' as const, 'fail' as const, 'cancel' as const),
        which: fc.nat(),
      }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 1_500 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { breaker, take, clock } = setUp()
        const inFlight: number[] = []
        const settleOne = (action: 'succeed' | 'fail' | 'cancel', which: number) => {
          const [permit] = inFlight.splice(which % inFlight.length, 1)
          if (action === 'succeed') breaker.succeeded(permit!)
          else breaker.failed(permit!, action === 'fail' ? lost : new CancelledError())
        }
        for (const action of steps) {
          if (action.do === 'wait') await clock.advance(action.ms)
          else if (action.do !== 'acquire') {
            if (inFlight.length > 0) settleOne(action.do, action.which)
          } else {
            try {
              const permit = breaker.acquire()
              if (permit === undefined) expect(breaker.isProbed).toBe(true)
              else inFlight.push(permit)
            } catch (error) {
              expect(error).toBeInstanceOf(CircuitOpenError)
              expect(breaker.state.kind).not.toBe('closed')
            }
          }
          if (breaker.state.kind === 'half-open') {
            expect(breaker.state.inFlight).toBeGreaterThanOrEqual(0)
            expect(breaker.state.inFlight).toBeLessThanOrEqual(settings.successThreshold)
          }
        }
        while (inFlight.length > 0) settleOne('cancel', 0)
        await clock.advance(settings.timeoutMs)
        for (let n = 0; n < settings.successThreshold; n++) breaker.succeeded(take())
        expect(breaker.state).toEqual({ kind: 'closed', failures: 0 })
      }),
    )
  })
})
