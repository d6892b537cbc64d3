import { describe, expect, test } from 'vitest'
import { CircuitOpenError } from '../../../src/core/errors/limits.js'
import { TimeoutError } from '../../../src/core/errors/operation.js'
import { DataSource } from '../../../src/dataflow/data-source.js'
import { Poller } from '../../../src/dataflow/feeds/poller.js'
import { ManualClock, settled } from '../../../src/testing/manual-clock.js'

/** A poller whose calls end when the test says so. */
function poller({
  intervalMs,
  jitter = 0,
  random = () => 0.5,
}: {
  intervalMs?: number
  jitter?: number
  random?: () => number
} = {}) {
  const clock = new ManualClock()
  const calls: { at: number; succeed(value: unknown): Promise<void>; fail(error: Error): Promise<void> }[] =
    []
  const failures: string[] = []
  const state = { isReady: true }
  const began = clock.monotonic()
  const source: DataSource = new DataSource('x', {
    mode: { kind: 'replace' },
    now: () => clock.now(),
    connection: () => 'connected',
    updated: () => {},
    refresh: (options) => made.refresh(options),
  })
  const made = new Poller(
    { name: 'x', jitter, ...(intervalMs !== undefined && { intervalMs }) },
    {
      source,
      clock,
      random,
      failed: (error, isNew) => failures.push(`${isNew ? 'new: ' : ''}${error.message}`),
      isReady: () => state.isReady,
      call: () =>
        new Promise((resolve, reject) => {
          calls.push({
            at: clock.monotonic() - began,
            succeed(value) {
              source.take(value)
              resolve()
              return settled()
            },
            fail(error) {
              reject(error)
              return settled()
            },
          })
        }),
    },
  )
  return { clock, calls, failures, state, source, poller: made, times: () => calls.map(({ at }) => at) }
}

describe('a poller', () => {
  test('calls at once and then at intervals, never twice at a time', async () => {
    const { clock, calls, source, poller: made, times } = poller({ intervalMs: 1_000 })
    made.start()
    expect(source.status).toBe('connecting')
    await clock.advance(300)
    await calls[0]!.succeed('a')
    expect(source).toMatchObject({ value: 'a', status: 'connected' })
    await clock.advance(5_000)
    expect(times()).toEqual([0, 1_000])
    await calls[1]!.succeed('b')
    await clock.advance(0)
    expect(times()).toEqual([0, 1_000, 5_300])
    made.stop()
    await calls[2]!.succeed('c')
    expect(clock.pending).toEqual([])
  })

  test('shortens an interval by a random share', async () => {
    const {
      clock,
      calls,
      poller: made,
      times,
    } = poller({ intervalMs: 1_000, jitter: 0.2, random: () => 0.5 })
    made.start()
    await calls[0]!.succeed(1)
    await clock.advance(900)
    expect(times()).toEqual([0, 900])
  })

  test('calls once without an interval, and again for a refresh, which joins a call under way', async () => {
    const { clock, calls, source, poller: made } = poller()
    made.start()
    const first = source.refresh()
    await settled()
    expect(calls).toHaveLength(1)
    await calls[0]!.succeed(1)
    expect(await first).toMatchObject({ value: 1 })
    expect(clock.pending).toEqual([])
    const both = [source.refresh(), source.refresh()]
    await settled()
    expect(calls).toHaveLength(2)
    await calls[1]!.succeed(2)
    expect((await Promise.all(both)).map((update) => update?.value)).toEqual([2, 2])
  })

  test('waits longer and longer after failures, and keeps the last good value', async () => {
    const {
      clock,
      calls,
      source,
      failures,
      poller: made,
      times,
    } = poller({ intervalMs: 100, random: () => 0 })
    made.start()
    await calls[0]!.succeed('good')
    await clock.advance(100)
    for (let i = 1; i <= 8; i++) {
      await calls[i]!.fail(new Error('down'))
      expect(source).toMatchObject({ value: 'good', status: 'error', update: { error: { message: 'down' } } })
      await clock.advance(60_000)
    }
    const waits = times().map((at, i, all) => (i === 0 ? 0 : at - all[i - 1]!))
    // Time passes in steps of a minute here; the delays are 1, 2, 4 … 60 seconds.
    expect(Math.max(...waits)).toBeLessThanOrEqual(120_000)
    expect(failures).toEqual(['new: down', ...Array(7).fill('down')])
    await calls[9]!.succeed('better')
    expect(source).toMatchObject({ value: 'better', status: 'connected' })
    expect(source.update?.error).toBe(undefined)
    made.stop()
  })

  test('waits as long as an open circuit asks for, and calls at once when the connection is back', async () => {
    const { clock, calls, poller: made, times } = poller({ intervalMs: 100, random: () => 0 })
    made.start()
    await calls[0]!.fail(new CircuitOpenError(30_000))
    await clock.advance(29_999)
    expect(times()).toEqual([0])
    made.poke()
    expect(times()).toEqual([0, 29_999])
    made.poke()
    expect(times()).toEqual([0, 29_999])
    await calls[1]!.succeed(1)
    made.poke()
    expect(times()).toEqual([0, 29_999])
    made.stop()
  })

  test('waits until the values that it needs have arrived', async () => {
    const { calls, state, poller: made } = poller({ intervalMs: 1_000 })
    state.isReady = false
    made.start()
    made.poke()
    expect(calls).toHaveLength(0)
    state.isReady = true
    made.poke()
    expect(calls).toHaveLength(1)
    made.stop()
  })

  test('a caller may stop waiting for a refresh, and the call goes on', async () => {
    const { clock, calls, source } = poller()
    const late = source.refresh({ timeout: '1s' })
    const controller = new AbortController()
    const cancelled = source.refresh({ signal: controller.signal })
    const patient = source.refresh()
    for (const each of [late, cancelled]) each.catch(() => {})
    await clock.advance(1_000)
    controller.abort()
    await expect(late).rejects.toBeInstanceOf(TimeoutError)
    await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' })
    expect(calls).toHaveLength(1)
    await calls[0]!.succeed(1)
    expect(await patient).toMatchObject({ value: 1 })
  })

  test('rejects a refresh after the shutdown', async () => {
    const { source, poller: made } = poller()
    made.stop()
    await expect(source.refresh()).rejects.toMatchObject({ kind: 'shutdown' })
  })
})
