import { expect, test, vi } from 'vitest'
import { jsonRpcAdapter } from '../../../src/adapters/json-rpc/adapter.js'
import { SignalWatch } from '../../../src/adapters/json-rpc/signal-watch.js'
import type { Clock } from '../../../src/core/clock.js'
import { systemClock } from '../../../src/core/clock.js'
import { send } from '../../support/http-service.js'
import { result, rigFor, service } from './harness.js'

/** A clock whose timers fire when the test says so. */
function heldClock(): Clock & { fire(): number } {
  const timers = new Set<() => void>()
  return {
    ...systemClock,
    setTimer(_, task) {
      timers.add(task)
      return { cancel: () => void timers.delete(task) }
    },
    fire() {
      const due = [...timers]
      timers.clear()
      for (const task of due) task()
      return due.length
    },
  }
}

test('what lives through a whole period is told to listen, once', () => {
  const clock = heldClock()
  const watch = new SignalWatch(clock)
  const listen = vi.fn()
  watch.add({ listen })
  clock.fire()
  expect(listen).not.toHaveBeenCalled()
  clock.fire()
  expect(listen).toHaveBeenCalledTimes(1)
  expect(clock.fire()).toBe(0)
})

test('what is over in time is left alone, young or old', () => {
  const clock = heldClock()
  const watch = new SignalWatch(clock)
  const [young, old] = [{ listen: vi.fn() }, { listen: vi.fn() }]
  const first = watch.add(old)
  clock.fire()
  const second = watch.add(young)
  watch.delete(first)
  watch.delete(second)
  clock.fire()
  clock.fire()
  expect(old.listen).not.toHaveBeenCalled()
  expect(young.listen).not.toHaveBeenCalled()
  expect(clock.fire()).toBe(0)
})

test('the timer stops when there is nothing to wait for, and starts again', () => {
  const clock = heldClock()
  const watch = new SignalWatch(clock)
  const first = { listen: vi.fn() }
  watch.add(first)
  clock.fire()
  clock.fire()
  expect(clock.fire()).toBe(0)
  const second = { listen: vi.fn() }
  watch.add(second)
  clock.fire()
  clock.fire()
  expect(second.listen).toHaveBeenCalledTimes(1)
})

test('a call that is answered within a period makes no signal', async () => {
  const server = await service((_, response) => send(response, 200, result(1)))
  const { context } = rigFor(server.url)
  const adapter = jsonRpcAdapter({ ...context, clock: heldClock() })
  await adapter.connect(new AbortController().signal)
  const signal = vi.fn(() => new AbortController().signal)
  const attempt = {
    deadline: Number.POSITIVE_INFINITY,
    get signal() {
      return signal()
    },
  }
  expect(await adapter.rpc!.call('m', undefined, attempt)).toBe(1)
  expect(signal).not.toHaveBeenCalled()
  await adapter.disconnect()
})
