import { describe, expect, test } from 'vitest'
import { AuthError, ConnectionError } from '../../src/core/errors/connection.js'
import type { ErrorClass } from '../../src/core/errors/context.js'
import { ActorCrashedError, ShutdownError } from '../../src/core/errors/lifecycle.js'
import { CircuitOpenError, RateLimitedError } from '../../src/core/errors/limits.js'
import { CancelledError, TimeoutError } from '../../src/core/errors/operation.js'
import { RpcError } from '../../src/core/errors/rpc.js'
import type { RetrySettings } from '../../src/core/settings/retry.js'
import { decideRetry } from '../../src/resilience/retry.js'

const settings: RetrySettings = {
  maxAttempts: 3,
  backoff: { kind: 'constant', initialMs: 100 },
  jitter: 0,
  retryableErrors: [],
}
const context = { deadline: Infinity, now: 0, random: () => 0, mayRepeat: true }
const only = (...retryableErrors: ErrorClass[]): RetrySettings => ({ ...settings, retryableErrors })
const unavailable = new RpcError(503, 'no', undefined, { errorClass: 'service-unavailable', retryable: true })

/** As an error of another copy of this library looks to us. */
const foreign = Object.assign(new Error('lost'), { kind: 'connection', retryable: true })

describe('decideRetry', () => {
  test.each([
    ['retryable by itself', settings, 1, new TimeoutError('call a'), 100],
    ['the attempt before the last', settings, 2, new TimeoutError('call a'), 100],
    ['the last attempt', settings, 3, new TimeoutError('call a'), undefined],
    ['a single attempt', { ...settings, maxAttempts: 1 }, 1, new TimeoutError('call a'), undefined],
    ['not retryable by itself', settings, 1, new AuthError('no'), undefined],
    ['made retryable', settings, 1, new AuthError('busy', { retryable: true }), 100],
    ['made final', settings, 1, new ConnectionError('gone', { retryable: false }), undefined],
    ['in the list', only('timeout'), 1, new TimeoutError('call a'), 100],
    ['not in the list', only('timeout'), 1, new ConnectionError('reset'), undefined],
    ['the list goes before the error', only('timeout'), 1, new TimeoutError('a', { retryable: false }), 100],
    ['without a class, with a list', only('timeout'), 1, new ActorCrashedError('x', true), undefined],
    ['a class given by the adapter', only('service-unavailable'), 1, unavailable, 100],
    ['cancelled', settings, 1, new CancelledError({ retryable: true }), undefined],
    ['shut down', settings, 1, new ShutdownError({ retryable: true }), undefined],
    ['an open circuit', settings, 1, new CircuitOpenError(5), undefined],
    ['a bug', settings, 1, new TypeError('undefined is not a function'), undefined],
    ['not even an error', settings, 1, 'text', undefined],
    ['of another copy of the library', settings, 1, foreign, 100],
    ['asked to wait for longer', settings, 1, new RateLimitedError(700), 700],
    ['asked to wait for less', settings, 1, new RateLimitedError(7), 100],
    ['asked for nonsense', settings, 1, new RateLimitedError(Number.NaN), 100],
  ] satisfies [string, RetrySettings, number, unknown, number | undefined][])(
    '%s',
    (_, policy, attempt, error, afterMs) => {
      expect(decideRetry(policy, attempt, error, context)).toEqual(
        afterMs === undefined ? { kind: 'give-up' } : { kind: 'retry', afterMs },
      )
    },
  )

  test('a delay that reaches the deadline is not begun', () => {
    const error = new TimeoutError('call a')
    expect(decideRetry(settings, 1, error, { ...context, now: 50, deadline: 151 }).kind).toBe('retry')
    expect(decideRetry(settings, 1, error, { ...context, now: 50, deadline: 150 }).kind).toBe('give-up')
    const asked = new RateLimitedError(Infinity)
    expect(decideRetry(settings, 1, asked, { ...context, deadline: 1e12 }).kind).toBe('give-up')
  })
})

describe('what may have been executed', () => {
  const unsure = { ...context, mayRepeat: false }
  const decide = (policy: RetrySettings, error: unknown) => decideRetry(policy, 1, error, unsure).kind

  test('is not repeated, whatever the error', () => {
    expect(decide(settings, new TimeoutError('call pay'))).toBe('give-up')
    expect(decide(settings, new ConnectionError('reset'))).toBe('give-up')
  })

  test('is repeated when the error says that it was not', () => {
    expect(decide(settings, new ConnectionError('refused', { notExecuted: true }))).toBe('retry')
  })

  test('is repeated when the configuration names the class of the error', () => {
    expect(decide(only('timeout'), new TimeoutError('call pay'))).toBe('retry')
    expect(decide(only('timeout'), new ConnectionError('reset'))).toBe('give-up')
  })
})
