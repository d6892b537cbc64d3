import { describe, expect, test } from 'vitest'
import { ShutdownError } from '../../src/core/errors/lifecycle.js'
import { CancelledError, TimeoutError } from '../../src/core/errors/operation.js'
import type { ActionSettings } from '../../src/core/settings/action.js'
import { Late } from '../../src/core/settings/late.js'
import { ActionRunner } from '../../src/dataflow/actions/runner.js'
import { FlowEvents } from '../../src/dataflow/events.js'
import type { FlowIntegration } from '../../src/dataflow/flow-integration.js'
import { ManualClock, settled } from '../../src/testing/manual-clock.js'

interface Call {
  readonly method: string
  readonly params: unknown
  readonly options: { readonly timeout: number; readonly signal: AbortSignal; readonly headers?: object }
  succeed(value: unknown): Promise<void>
  fail(error: Error): Promise<void>
}

/** A runner over an integration whose calls end when the test says so. */
function runner(actions: readonly ActionSettings[]) {
  const clock = new ManualClock()
  const calls: Call[] = []
  const reported: string[] = []
  const heard: unknown[] = []
  const events = new FlowEvents()
  for (const { name } of actions)
    for (const outcome of ['succeeded', 'failed'] as const)
      events.on({ kind: 'action', name, outcome }, ({ trigger, hops }) =>
        heard.push([outcome, trigger, hops]),
      )
  const rpc = {
    call: (method: string, params: unknown, options: Call['options']) =>
      new Promise((resolve, reject) => {
        calls.push({
          method,
          params,
          options,
          succeed: (value) => {
            resolve(value)
            return settled()
          },
          fail: (error) => {
            reject(error)
            return settled()
          },
        })
      }),
  }
  const made = new ActionRunner(actions, {
    clock,
    events,
    data: {},
    log: () => {},
    callScript: async () => null,
    integration: () => ({ rpc }) as unknown as FlowIntegration,
    failed: (action, error) => reported.push(`${action}: ${error.message}`),
  })
  return { clock, calls, reported, heard, runner: made }
}

const call = (name: string, more: object = {}): ActionSettings => ({
  type: 'rpc',
  name,
  timeoutMs: 1_000,
  integration: 'bus',
  method: name,
  idempotent: false,
  ...more,
})
const late = (evaluate: (trigger: { readonly n: number }) => number) =>
  new Late('gateway.hcl:1', { data: [], action: [] }, ({ trigger }) => evaluate(trigger as { n: number }))

describe('a run', () => {
  test('takes the trigger where there are no parameters, and says what it was run with', async () => {
    const { calls, heard, runner: made } = runner([call('a'), call('b', { params: late(({ n }) => n + 1) })])
    const a = made.run('a', { n: 1 }, {})
    const b = made.run('b', { n: 1 }, {})
    b.catch(() => {})
    await settled()
    expect(calls.map(({ params }) => params)).toEqual([{ n: 1 }, 2])
    await calls[0]!.succeed('done')
    await calls[1]!.fail(Object.assign(new Error('no'), { kind: 'rpc' }))
    expect(await a).toBe('done')
    await expect(b).rejects.toThrow('no')
    expect(heard).toEqual([
      ['succeeded', { action: 'a', params: { n: 1 }, result: 'done' }, ['a']],
      ['failed', { action: 'b', params: 2, error: { kind: 'rpc', message: 'no' } }, ['b']],
    ])
    expect(made.figures('b')).toEqual({ runs: 1, succeeded: 0, failed: 1, running: 0 })
  })

  test.each([
    ['a symbol', () => `${Symbol('x') as unknown as string}`],
    [
      'a getter that throws',
      () => {
        throw new Error('boo')
      },
    ],
    [
      'a getter that throws no error',
      () => {
        throw Symbol('boo')
      },
    ],
  ])('over %s fails with a typed error', async (_, read) => {
    const { heard, runner: made } = runner([call('a', { params: late(read as unknown as () => number) })])
    await expect(made.run('a', {}, {})).rejects.toMatchObject({
      name: 'SerializeError',
      kind: 'serialize',
      message: expect.stringContaining('the values of action "a" cannot be computed: '),
    })
    expect(heard).toEqual([['failed', expect.objectContaining({ action: 'a' }), ['a']]])
  })

  test('is refused after the stop, also where it needs no integration', async () => {
    const log: ActionSettings = {
      type: 'log',
      name: 'l',
      timeoutMs: 1_000,
      level: 'info',
      message: 'x',
    }
    const { runner: made } = runner([log])
    await made.run('l', {}, {})
    made.stop()
    await expect(made.run('l', {}, {})).rejects.toBeInstanceOf(ShutdownError)
  })

  test('ends at its time, which aborts what is in progress', async () => {
    const sequence: ActionSettings = { type: 'sequence', name: 's', timeoutMs: 500, actions: ['a', 'b'] }
    const { clock, calls, reported, runner: made } = runner([call('a'), call('b'), sequence])
    const run = made.run('s', {}, {})
    run.catch(() => {})
    await settled()
    await calls[0]!.succeed(1)
    await clock.advance(500)
    await expect(run).rejects.toBeInstanceOf(TimeoutError)
    expect(calls[1]!.options.signal.aborted).toBe(true)
    expect(reported).toEqual(['s: action s timed out after 500 ms'])
    expect(made.isBusy).toBe(false)
    expect(clock.pending).toEqual([])
  })

  test('ends earlier if its caller asks for it', async () => {
    const { clock, runner: made } = runner([call('a')])
    const run = made.run('a', {}, { timeout: '10ms' })
    run.catch(() => {})
    await settled()
    await clock.advance(10)
    await expect(run).rejects.toMatchObject({ kind: 'timeout' })
  })

  test('that its caller cancels is no failure to report', async () => {
    const { calls, reported, runner: made } = runner([call('a')])
    const controller = new AbortController()
    const run = made.run('a', {}, { signal: controller.signal })
    await settled()
    controller.abort()
    await expect(run).rejects.toBeInstanceOf(CancelledError)
    expect(calls[0]!.options.signal.aborted).toBe(true)
    expect(reported).toEqual([])
    expect(made.figures('a')).toMatchObject({ failed: 1, running: 0 })
  })

  test('of parallel actions lets all end, and fails with the first in their order', async () => {
    const parallel: ActionSettings = {
      type: 'parallel',
      name: 'p',
      timeoutMs: 1_000,
      actions: ['a', 'b', 'a'],
    }
    const { calls, runner: made } = runner([call('a'), call('b'), parallel])
    const run = made.run('p', {}, {})
    run.catch(() => {})
    await settled()
    await calls[2]!.fail(new Error('third'))
    await calls[1]!.fail(new Error('second'))
    expect(made.isBusy).toBe(true)
    await calls[0]!.succeed(1)
    await expect(run).rejects.toThrow('second')
  })

  test('of a sequence ends with its first failure', async () => {
    const sequence: ActionSettings = { type: 'sequence', name: 's', timeoutMs: 1_000, actions: ['a', 'b'] }
    const { calls, runner: made } = runner([call('a'), call('b'), sequence])
    const run = made.run('s', {}, {})
    run.catch(() => {})
    await settled()
    await calls[0]!.fail(new Error('no'))
    await expect(run).rejects.toThrow('no')
    expect(calls).toHaveLength(1)
  })

  test.each([
    [null, 'null'],
    ['', 'empty text'],
    [{}, 'a object'],
  ])('with %j for a method is refused before anything is sent', async (method, found) => {
    const { calls, runner: made } = runner([
      call('a', { method: new Late('gateway.hcl:1', { data: [], action: [] }, () => method) }),
    ])
    await expect(made.run('a', {}, {})).rejects.toThrow(
      `"method" must be text that is not empty, found ${found}`,
    )
    expect(calls).toEqual([])
  })
})

describe('a removed action', () => {
  const sequence: ActionSettings = { type: 'sequence', name: 's', timeoutMs: 1_000, actions: ['a', 'b'] }

  test('runs for what was bound to it, with its members', async () => {
    const { calls, reported, runner: made } = runner([call('a'), call('b'), sequence])
    const bound = made.bind('s')
    made.update([])
    expect([...made.names]).toEqual([])
    const run = bound({ n: 1 }, {}, [])
    await settled()
    await calls[0]!.succeed(1)
    await calls[1]!.succeed(2)
    expect(await run).toBe(2)
    expect(reported).toEqual([])
    await expect(made.run('s', {}, {})).rejects.toMatchObject({ kind: 'config' })
  })

  test('lets a run in progress end', async () => {
    const { calls, runner: made } = runner([call('a'), call('b'), sequence])
    const run = made.run('s', { n: 1 }, {})
    await settled()
    made.update([call('a')])
    await calls[0]!.succeed(1)
    await calls[1]!.succeed(2)
    expect(await run).toBe(2)
  })
})
