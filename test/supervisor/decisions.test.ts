import { describe, expect, test } from 'vitest'
import {
  type ChildSpec,
  checkChildSpecs,
  checkSupervisorFlags,
  DEFAULT_CHILD,
  DEFAULT_FLAGS,
  OTP_FLAGS,
  type RestartType,
  type SupervisorFlags,
} from '../../src/supervisor/child-spec.js'
import { decideOnExit, type ExitKind } from '../../src/supervisor/restart-decision.js'
import { addRestart, NO_RESTARTS } from '../../src/supervisor/restart-window.js'
import { affectedChildren } from '../../src/supervisor/strategy.js'

const child = (id: string, restart: RestartType = 'permanent'): ChildSpec => ({
  ...DEFAULT_CHILD,
  id,
  restart,
})

describe('specifications', () => {
  test('the defaults are without fault, and patient where OTP is not', () => {
    expect(checkSupervisorFlags(OTP_FLAGS)).toEqual([])
    expect(checkSupervisorFlags(DEFAULT_FLAGS)).toEqual([])
    expect([OTP_FLAGS.intensity, OTP_FLAGS.periodMs]).toEqual([1, 5_000])
    expect([DEFAULT_FLAGS.intensity, DEFAULT_FLAGS.periodMs]).toEqual([10, 60_000])
    expect(
      checkChildSpecs([child('a'), { ...child('b'), shutdown: 'infinity' }, { ...child('c'), shutdown: 0 }]),
    ).toEqual([])
  })

  test('every fault is named, with what was found and what was expected', () => {
    const flags = { strategy: 'one_for_none', intensity: -1, periodMs: 0 } as unknown as SupervisorFlags
    expect(checkSupervisorFlags(flags)).toEqual([
      {
        fault: 'invalid_strategy',
        message:
          'strategy: expected one of "one_for_one", "one_for_all", "rest_for_one", found "one_for_none"',
      },
      { fault: 'invalid_intensity', message: 'intensity: expected a whole number from 0, found -1' },
      { fault: 'invalid_period', message: 'period: expected milliseconds above 0, found 0' },
    ])
    const specs = [
      child('a'),
      { id: 'a', restart: 'always', shutdown: 1.5 },
      { id: '', restart: 'permanent', shutdown: Number.NaN },
      { restart: 'transient', shutdown: 'brutal_kill' },
    ] as unknown as ChildSpec[]
    expect(checkChildSpecs(specs)).toEqual([
      {
        fault: 'duplicate_child_name',
        id: 'a',
        message: 'child "a": expected a unique id, found it twice',
      },
      {
        fault: 'invalid_restart_type',
        id: 'a',
        message: 'child "a": restart: expected one of "permanent", "transient", "temporary", found "always"',
      },
      {
        fault: 'invalid_shutdown',
        id: 'a',
        message: 'child "a": shutdown: expected "brutal_kill", "infinity" or whole milliseconds, found 1.5',
      },
      {
        fault: 'invalid_child_id',
        id: '',
        message: 'child "": id: expected text that is not empty, found ""',
      },
      {
        fault: 'invalid_shutdown',
        id: '',
        message: 'child "": shutdown: expected "brutal_kill", "infinity" or whole milliseconds, found NaN',
      },
      { fault: 'invalid_child_id', message: 'id: expected text that is not empty, found undefined' },
    ])
  })
})

describe('restart window', () => {
  const flags = { intensity: 2, periodMs: 1_000 }

  test.each([
    [[], 5_000, [5_000], true],
    [[4_000], 5_000, [5_000, 4_000], true],
    [[4_900, 4_000], 5_000, [5_000, 4_900, 4_000], false],
    [[4_900, 3_999], 5_000, [5_000, 4_900], true],
    [[5_000, 5_000], 5_000, [5_000, 5_000, 5_000], false],
  ])('%j and one at %d', (window, now, expected, allowed) => {
    expect(addRestart(window, now, flags)).toEqual({ window: expected, allowed })
  })

  test('an intensity of 0 allows none', () => {
    expect(addRestart(NO_RESTARTS, 1, { intensity: 0, periodMs: 1_000 }).allowed).toBe(false)
  })
})

test.each([
  ['one_for_one', 'b', [], ['b']],
  ['one_for_all', 'b', ['d', 'c', 'a'], ['a', 'b', 'c', 'd']],
  ['rest_for_one', 'b', ['d', 'c'], ['b', 'c', 'd']],
  ['rest_for_one', 'd', [], ['d']],
  ['rest_for_one', 'x', [], []],
] as const)('%s of %s', (strategy, failed, stop, start) => {
  expect(affectedChildren(strategy, ['a', 'b', 'c', 'd'], failed)).toEqual({ stop, start })
})

describe('decision', () => {
  const flags: SupervisorFlags = { strategy: 'one_for_one', intensity: 3, periodMs: 1_000 }

  test.each([
    ['permanent', 'normal', 'restart'],
    ['permanent', 'shutdown', 'restart'],
    ['permanent', 'abnormal', 'restart'],
    ['transient', 'normal', 'remove'],
    ['transient', 'shutdown', 'remove'],
    ['transient', 'abnormal', 'restart'],
    ['temporary', 'normal', 'remove'],
    ['temporary', 'shutdown', 'remove'],
    ['temporary', 'abnormal', 'remove'],
  ] satisfies [RestartType, ExitKind, string][])('a %s child that ended %s: %s', (restart, exit, kind) => {
    const decision = decideOnExit(flags, [child('a', restart)], 'a', exit, NO_RESTARTS, 0)
    expect(decision.kind).toBe(kind)
    if (decision.kind === 'remove') expect(decision.forget).toEqual(restart === 'temporary' ? ['a'] : [])
  })

  test('temporary siblings are stopped with the group, but not started again', () => {
    const children = [child('a', 'temporary'), child('b'), child('c', 'temporary'), child('d', 'transient')]
    expect(decideOnExit({ ...flags, strategy: 'one_for_all' }, children, 'b', 'abnormal', [], 7)).toEqual({
      kind: 'restart',
      window: [7],
      affected: { stop: ['d', 'c', 'a'], start: ['b', 'd'] },
      forget: ['a', 'c'],
    })
  })

  test('one restart too many ends the supervisor', () => {
    const children = [child('a'), child('b'), child('c')]
    expect(decideOnExit(flags, children, 'b', 'abnormal', [500, 400, 300], 600)).toEqual({
      kind: 'escalate',
      window: [600, 500, 400, 300],
      stop: ['c', 'a'],
    })
  })

  test('the end of an unknown child changes nothing', () => {
    expect(decideOnExit(flags, [child('a')], 'b', 'abnormal', [], 0)).toEqual({ kind: 'remove', forget: [] })
  })
})
