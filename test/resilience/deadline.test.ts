import { expect, test } from 'vitest'
import type { Attempt } from '../../src/core/adapter/attempt.js'
import { ConnectionError } from '../../src/core/errors/connection.js'
import { ShutdownError } from '../../src/core/errors/lifecycle.js'
import { CancelledError, TimeoutError } from '../../src/core/errors/operation.js'
import { withDeadline } from '../../src/resilience/deadline.js'
import { StepClock } from '../support/step-clock.js'

const operation = 'call users.list'
const never = () => new Promise<never>(() => {})

test('gives the value or the error of the attempt and leaves no timer', async () => {
  const clock = new StepClock(0)
  const options = { clock, deadline: 100, operation }
  const lost = new ConnectionError('lost')
  expect(await withDeadline(() => 7, options)).toBe(7)
  await expect(withDeadline(() => Promise.reject(lost), options)).rejects.toBe(lost)
  const bug = new TypeError('a bug')
  await expect(
    withDeadline(() => {
      throw bug
    }, options),
  ).rejects.toBe(bug)
  await expect(withDeadline(() => 8, { ...options, deadline: Infinity })).resolves.toBe(8)
  expect(clock.pending).toBe(0)
})

test('an attempt that never ends times out, and its signal says why', async () => {
  const clock = new StepClock(0)
  let context: Attempt | undefined
  const rejected = withDeadline(
    (given) => {
      context = given
      return new Promise<never>((_, reject) => {
        given.signal.addEventListener('abort', () => reject(new ConnectionError('torn down')))
      })
    },
    { clock, deadline: 100, operation },
  ).catch((error) => error)
  await clock.advance(100)
  const error = await rejected
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error.message).toBe('call users.list timed out after 100 ms')
  expect(context!.deadline).toBe(100)
  expect(context!.signal.reason).toBe(error)
})

test('a signal that is asked for afterwards has aborted as well', async () => {
  const clock = new StepClock(0)
  let context: Attempt | undefined
  const rejected = withDeadline(
    (given) => {
      context = given
      return never()
    },
    { clock, deadline: 100, operation },
  ).catch((error) => error)
  await clock.advance(100)
  expect(context!.signal.aborted).toBe(true)
  expect(context!.signal.reason).toBe(await rejected)
})

test('a deadline that has passed is not tried', async () => {
  const tried: string[] = []
  const attempt = withDeadline(() => tried.push('tried'), {
    clock: new StepClock(100),
    deadline: 100,
    operation,
  })
  await expect(attempt).rejects.toBeInstanceOf(TimeoutError)
  expect(tried).toEqual([])
})

test.each([
  ['by the caller', undefined, CancelledError],
  ['by a shutdown', new ShutdownError(), ShutdownError],
])('can be ended early: %s', async (_, reason, type) => {
  const clock = new StepClock(0)
  const controller = new AbortController()
  const options = { clock, deadline: 100, operation, signal: controller.signal }
  const rejected = withDeadline(never, options).catch((error) => error)
  controller.abort(reason)
  expect(await rejected).toBeInstanceOf(type)
  expect(clock.pending).toBe(0)
  await expect(withDeadline(() => 7, options)).rejects.toBeInstanceOf(type)
})
