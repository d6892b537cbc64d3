import { describe, expect, test } from 'vitest'
import { Late } from '../../../src/core/settings/late.js'
import type { TriggerSettings } from '../../../src/core/settings/trigger.js'
import { Trigger } from '../../../src/dataflow/triggers/trigger.js'
import { ManualClock, settled } from '../../../src/testing/manual-clock.js'

function settingsOf(settings: Partial<TriggerSettings>): TriggerSettings {
  return {
    name: 'data.x.updated',
    event: { kind: 'data', name: 'x', path: [] },
    action: 'a',
    concurrency: 1,
    overlap: 'queue',
    queueSize: 2,
    ...settings,
  }
}

/** A trigger whose runs end when the test says so. */
function trigger(settings: Partial<TriggerSettings> = {}, data: Readonly<Record<string, unknown>> = {}) {
  const clock = new ManualClock()
  const runs: { action: string; value: unknown; signal: AbortSignal; end(error?: Error): Promise<void> }[] =
    []
  const faults: string[] = []
  const made = new Trigger(settingsOf(settings), {
    clock,
    data,
    bind: (action) => (event, signal) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => {
          if (error === undefined) resolve(undefined)
          else reject(error)
          return settled()
        }
        signal.addEventListener('abort', () => reject(new Error('aborted')))
        runs.push({ action, value: (event.trigger as { value: unknown }).value, signal, end })
      }),
    conditionFailed: (_, error, isNew) => faults.push(`${isNew ? 'new: ' : ''}${error.message}`),
  })
  const offer = (...values: unknown[]) => {
    for (const value of values) made.offer({ trigger: { value }, hops: [] })
  }
  return { clock, runs, faults, offer, trigger: made, values: () => runs.map(({ value }) => value) }
}

describe('overlap', () => {
  test('queue runs one after the other, and drops the oldest beyond its size', async () => {
    const { runs, offer, values, trigger: made } = trigger()
    offer(1, 2, 3, 4)
    expect(values()).toEqual([1])
    await runs[0]!.end()
    await runs[1]!.end(new Error('no'))
    await runs[2]!.end()
    expect(values()).toEqual([1, 3, 4])
    expect(made.figures).toMatchObject({ events: 4, runs: 3, skipped: 1, errors: 1, running: 0, waiting: 0 })
  })

  test('skip drops events while runs are in progress', async () => {
    const { runs, offer, values } = trigger({ overlap: 'skip', concurrency: 2 })
    offer(1, 2, 3)
    await runs[0]!.end()
    offer(4)
    expect(values()).toEqual([1, 2, 4])
  })

  test('restart cancels the run in progress', async () => {
    const { runs, offer, values, trigger: made } = trigger({ overlap: 'restart' })
    offer(1, 2, 3)
    await settled()
    expect(values()).toEqual([1, 3])
    expect(runs[0]!.signal.aborted).toBe(true)
    await runs[1]!.end()
    expect(made.figures).toMatchObject({ runs: 2, errors: 0, skipped: 1, running: 0 })
  })

  test('stop drops what waits, and lets runs in progress end', async () => {
    const { runs, offer, values, trigger: made } = trigger()
    offer(1, 2)
    made.stop()
    offer(3)
    expect(made.figures).toMatchObject({ running: 1, waiting: 0, skipped: 1 })
    expect(runs[0]!.signal.aborted).toBe(false)
    await runs[0]!.end()
    expect(made.figures.running).toBe(0)
    expect(values()).toEqual([1])
  })
})

describe('pacing', () => {
  test('debounce runs with the newest event when no other follows', async () => {
    const { clock, offer, values, trigger: made } = trigger({ debounceMs: 100 })
    offer(1)
    await clock.advance(99)
    offer(2)
    await clock.advance(99)
    expect(values()).toEqual([])
    await clock.advance(1)
    expect(values()).toEqual([2])
    expect(made.figures).toMatchObject({ events: 2, skipped: 1, runs: 1 })
  })

  test('throttle runs with the first event, and with the newest at the end of the time', async () => {
    const { clock, offer, values } = trigger({ throttleMs: 100, concurrency: 10 })
    offer(1, 2, 3)
    expect(values()).toEqual([1])
    await clock.advance(100)
    expect(values()).toEqual([1, 3])
    offer(4)
    await clock.advance(99)
    expect(values()).toEqual([1, 3])
    await clock.advance(1)
    expect(values()).toEqual([1, 3, 4])
    await clock.advance(500)
    offer(5)
    expect(values()).toEqual([1, 3, 4, 5])
  })

  test('stop cancels the timers', async () => {
    const { clock, offer, values, trigger: made } = trigger({ debounceMs: 10, throttleMs: 10 })
    offer(1)
    made.stop()
    await clock.advance(100)
    expect(values()).toEqual([])
    expect(clock.pending).toEqual([])
  })
})

describe('a condition', () => {
  test('may be an expression', () => {
    const above = new Late('gateway.hcl:1', { data: ['limit'], action: [] }, ({ trigger: of, data }) => {
      const { value } = of as { value: number }
      return value > (data!.limit as number)
    })
    const {
      offer,
      values,
      trigger: made,
    } = trigger({ condition: { kind: 'expression', value: above }, concurrency: 10 }, { limit: 3 })
    offer(1, 4, 3, 5)
    expect(values()).toEqual([4, 5])
    expect(made.figures).toMatchObject({ events: 4, filtered: 2 })
  })

  test('may be a jq query', () => {
    const { offer, values } = trigger({
      condition: { kind: 'jq', query: '.value.tags | index("hot")' },
      concurrency: 10,
    })
    offer({ tags: ['cold'] }, { tags: ['a', 'hot'] })
    expect(values()).toEqual([{ tags: ['a', 'hot'] }])
  })

  test('that does not end is stopped, reported once, and the next event goes on', () => {
    const {
      offer,
      values,
      faults,
      trigger: made,
    } = trigger({
      condition: { kind: 'jq', query: 'if .value == 3 then true else [repeat(1)] end' },
    })
    offer(1, 2, 3)
    expect(values()).toEqual([3])
    expect(faults).toEqual([
      'new: the query takes more than 100000 steps; it may have no end',
      'the query takes more than 100000 steps; it may have no end',
    ])
    expect(made.figures).toMatchObject({ errors: 2, runs: 1 })
  })

  test('changed compares a part with that of the event before', () => {
    const { offer, values } = trigger({
      condition: { kind: 'changed', path: ['a', 0] },
      concurrency: 10,
    })
    offer({ a: [{ b: 1 }], c: 1 }, { a: [{ b: 1 }], c: 2 }, { a: [{ b: 2 }] }, { a: [{ b: 2 }] })
    expect(values()).toEqual([{ a: [{ b: 1 }], c: 1 }, { a: [{ b: 2 }] }])
  })

  test('that is neither true nor false is an error', () => {
    const word = new Late('gateway.hcl:1', { data: [], action: [] }, () => 'yes')
    const { offer, values, faults } = trigger({ condition: { kind: 'expression', value: word } })
    offer(1)
    expect(values()).toEqual([])
    expect(faults).toEqual(['new: the condition must be true or false, found a string'])
  })
})

describe('a change', () => {
  test('keeps the events that wait, their action, their order and the figures', async () => {
    const { runs, offer, values, trigger: made } = trigger({ queueSize: 5 })
    offer(1, 2, 3)
    made.change(settingsOf({ action: 'b', queueSize: 1 }))
    // The smaller queue has room for one of these.
    offer(4, 5)
    expect(made.figures).toMatchObject({ events: 5, skipped: 1, running: 1, waiting: 3 })
    for (let n = 0; n < 4; n++) await runs[n]!.end()
    expect(values()).toEqual([1, 2, 3, 5])
    expect(runs.map(({ action }) => action)).toEqual(['a', 'a', 'a', 'b'])
    expect(made.figures).toMatchObject({ events: 5, skipped: 1, runs: 4, running: 0, waiting: 0 })
  })

  test('to another concurrency applies at once', async () => {
    const { runs, offer, values, trigger: made } = trigger({ queueSize: 9 })
    offer(1, 2, 3, 4, 5)
    made.change(settingsOf({ concurrency: 3, queueSize: 9 }))
    expect(values()).toEqual([1, 2, 3])
    made.change(settingsOf({ concurrency: 1, queueSize: 9 }))
    await runs[0]!.end()
    await runs[1]!.end()
    expect(values()).toEqual([1, 2, 3])
    await runs[2]!.end()
    expect(values()).toEqual([1, 2, 3, 4])
  })

  test('to restart cancels no run while earlier events wait', async () => {
    const { runs, offer, values, trigger: made } = trigger({ queueSize: 5 })
    offer(1, 2)
    made.change(settingsOf({ overlap: 'restart' }))
    offer(3, 4)
    expect(runs[0]!.signal.aborted).toBe(false)
    await runs[0]!.end()
    await runs[1]!.end()
    expect(values()).toEqual([1, 2, 4])
    offer(5)
    await settled()
    expect(values()).toEqual([1, 2, 4, 5])
  })

  test.each([
    ['debounce', { debounceMs: 100 }, [2]],
    ['throttle', { throttleMs: 100, concurrency: 9 }, [1, 2]],
  ])('passes the event that %s holds back', async (_, settings, expected) => {
    const changed = trigger(settings)
    changed.offer(1, 2)
    changed.trigger.change(settingsOf({ concurrency: 9 }))
    expect(changed.values()).toEqual(expected)
    const removed = trigger(settings)
    removed.offer(1, 2)
    removed.trigger.retire()
    expect(removed.values()).toEqual(expected)
    expect([...changed.clock.pending, ...removed.clock.pending]).toEqual([])
  })

  test('of something else leaves the condition and the pace as they are', async () => {
    const settings = { condition: { kind: 'changed', path: [] }, debounceMs: 100 } as const
    const { clock, offer, values, trigger: made } = trigger(settings)
    offer(1)
    made.change(settingsOf({ ...settings, queueSize: 7 }))
    offer(1)
    expect(made.figures).toMatchObject({ events: 2, filtered: 1 })
    expect(values()).toEqual([])
    await clock.advance(100)
    expect(values()).toEqual([1])
  })

  test('of the condition applies to the next event', () => {
    const condition = (least: number) => ({
      kind: 'expression' as const,
      value: new Late('gateway.hcl:1', { data: [], action: [] }, ({ trigger: of }) => {
        return (of as { value: number }).value >= least
      }),
    })
    const { offer, values, trigger: made } = trigger({ condition: condition(2), concurrency: 9 })
    offer(1, 2)
    made.change(settingsOf({ condition: condition(1), concurrency: 9 }))
    offer(1)
    expect(values()).toEqual([2, 1])
  })
})

describe('a removed trigger', () => {
  test('takes no more events, and works off those that wait', async () => {
    const { runs, offer, values, trigger: made } = trigger()
    offer(1, 2)
    made.retire()
    offer(3)
    expect(made.isBusy).toBe(true)
    await runs[0]!.end()
    await runs[1]!.end()
    expect(values()).toEqual([1, 2])
    expect(made.isBusy).toBe(false)
  })

  test('drops what waits when the gateway shuts down', async () => {
    const { runs, offer, values, trigger: made } = trigger()
    offer(1, 2)
    made.change(settingsOf({ queueSize: 9 }))
    made.retire()
    made.stop()
    await runs[0]!.end()
    expect(values()).toEqual([1])
    expect(made.figures).toMatchObject({ skipped: 1, waiting: 0 })
  })
})
