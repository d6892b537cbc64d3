import { describe, expect, test } from 'vitest'
import {
  ActorCrashedError,
  AuthError,
  CancelledError,
  CircuitOpenError,
  ConnectionError,
  type ErrorClass,
  RateLimitedError,
  RpcError,
  ShutdownError,
  TimeoutError,
} from '../../src/core/errors.js'
import type { RetrySettings } from '../../src/core/settings.js'
import { decideRetry, withRetry } from '../../src/resilience/retry.js'
import { StepClock, settle } from '../support/step-clock.js'

const settings: RetrySettings = {
  maxAttempts: 3,
  backoff: { kind: 'constant', initialMs: 100 },
  jitter: 0,
  retryableErrors: [],
}
const context = { deadline: Infinity, now: 0, random: () => 0 }
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

describe('withRetry', () => {
  test('tries again after the back-off and gives the value of the first success', async () => {
    const clock = new StepClock(0)
    const attempts: string[] = []
    const retries: unknown[] = []
    const value = withRetry(
      (attempt) => {
        attempts.push(`${attempt} at ${clock.now()}`)
        if (attempt < 3) throw new ConnectionError(`lost ${attempt}`)
        return 'done'
      },
      {
        settings: { ...settings, backoff: { kind: 'linear', initialMs: 100, incrementMs: 50, maxMs: 1_000 } },
        clock,
        onRetry: (attempt, error, afterMs) => retries.push([attempt, (error as Error).message, afterMs]),
      },
    )
    await clock.advance(1_000)
    expect(await value).toBe('done')
    expect(attempts).toEqual(['1 at 0', '2 at 100', '3 at 250'])
    expect(retries).toEqual([
      [1, 'lost 1', 100],
      [2, 'lost 2', 150],
    ])
  })

  test('rejects with the last error itself', async () => {
    const clock = new StepClock()
    const errors = [1, 2, 3].map((n) => new ConnectionError(`lost ${n}`))
    const rejected = withRetry((attempt) => Promise.reject(errors[attempt - 1]), { settings, clock }).catch(
      (error) => error,
    )
    await clock.advance(1_000)
    expect(await rejected).toBe(errors[2])
  })

  test('the deadline holds for all attempts together', async () => {
    const clock = new StepClock(0)
    let attempts = 0
    const rejected = withRetry(
      () => {
        attempts++
        throw new TimeoutError('call a')
      },
      { settings: { ...settings, maxAttempts: 100 }, clock, deadline: 250 },
    ).catch((error) => error)
    await clock.advance(1_000)
    expect(await rejected).toBeInstanceOf(TimeoutError)
    expect(attempts).toBe(3)
  })

  test.each([
    ['a signal of the caller', undefined, CancelledError],
    ['our own reason', new ShutdownError(), ShutdownError],
  ])('aborting the wait rejects at once and leaves no timer: %s', async (_, reason, type) => {
    const clock = new StepClock()
    const controller = new AbortController()
    const rejected = withRetry(() => Promise.reject(new ConnectionError('lost')), {
      settings,
      clock,
      signal: controller.signal,
    }).catch((error) => error)
    await settle()
    expect(clock.pending).toBe(1)
    controller.abort(reason)
    expect(await rejected).toBeInstanceOf(type)
    expect(clock.pending).toBe(0)
  })

  test('with a signal that has aborted nothing is tried', async () => {
    let attempts = 0
    const run = () => {
      attempts++
    }
    const options = { settings, clock: new StepClock(), signal: AbortSignal.abort() }
    await expect(withRetry(run, options)).rejects.toBeInstanceOf(CancelledError)
    expect(attempts).toBe(0)
  })
})
