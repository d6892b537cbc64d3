import { describe, expect, test } from 'vitest'
import type { GatewayReport } from '../../src/core/events.js'
import type { RestartType } from '../../src/supervisor/child-spec.js'
import { Supervisor, type SupervisorOptions } from '../../src/supervisor/supervisor.js'
import { ManualClock, SeededRandom, settled } from '../../src/testing/index.js'
import { FakeChild } from './fake-child.js'

const OPTIONS: SupervisorOptions = {
  strategy: 'one_for_one',
  intensity: 100,
  periodMs: 60_000,
  backoff: { kind: 'exponential', initialMs: 100, factor: 2, maxMs: 1_000 },
  jitter: 0,
}

function group(options: Partial<SupervisorOptions> = {}, restart: RestartType = 'permanent') {
  const clock = new ManualClock()
  const journal: string[] = []
  const reports: GatewayReport[] = []
  const children = ['a', 'b', 'c'].map((id) => new FakeChild(id, journal, restart))
  const [a, b, c] = children as [FakeChild, FakeChild, FakeChild]
  const supervisor = new Supervisor({ ...OPTIONS, ...options }, children, clock, (report) =>
    reports.push(report),
  )
  const since = () => journal.splice(0)
  return { clock, journal, reports, supervisor, a, b, c, since }
}

const never = () => new Promise<void>(() => {})

describe('start', () => {
  test('is in order, each after the one before has acknowledged', async () => {
    const { supervisor, b, since, reports } = group()
    let acknowledge = () => {}
    b.starting = () => new Promise((resolve) => (acknowledge = resolve))
    const started = supervisor.start()
    await settled()
    expect(since()).toEqual(['start a', 'started a', 'start b'])
    acknowledge()
    await started
    expect(since()).toEqual(['started b', 'start c', 'started c'])
    expect(reports).toEqual(['a', 'b', 'c'].map((integration) => ({ kind: 'actor:started', integration })))
  })

  test('that fails stops those started before, in reverse, and starts no other', async () => {
    const { supervisor, c, since, reports } = group()
    c.starting = () => Promise.reject(new Error('no port'))
    await expect(supervisor.start()).rejects.toThrow('no port')
    expect(since()).toEqual(['start a', 'started a', 'start b', 'started b', 'start c', 'stop b', 'stop a'])
    expect(reports.at(-1)).toEqual({
      kind: 'log',
      record: { level: 'error', message: 'its start failed: no port', integration: 'c' },
    })
  })

  test('a child that dies while its siblings start is restarted afterwards', async () => {
    const { supervisor, a, c, since } = group()
    let acknowledge = () => {}
    c.starting = () => new Promise((resolve) => (acknowledge = resolve))
    const started = supervisor.start()
    await settled()
    since()
    a.die()
    await settled()
    expect(since()).toEqual(['die a'])
    acknowledge()
    await started
    await settled()
    expect(since()).toEqual(['started c', 'start a', 'started a'])
  })

  test('that fails leaves nothing that would start a child later', async () => {
    const { supervisor, clock, a, c, since } = group()
    let refuse = (_: Error) => {}
    c.starting = () => new Promise((_, reject) => (refuse = reject))
    const started = supervisor.start()
    await settled()
    a.die()
    refuse(new Error('no'))
    await expect(started).rejects.toThrow('no')
    since()
    await clock.advance(100_000)
    expect(since()).toEqual([])
    expect(clock.pending).toEqual([])
  })

  test('can be stopped: the start under way is given up, and no other is begun', async () => {
    const { supervisor, b, since } = group()
    b.starting = never
    const started = supervisor.start()
    await settled()
    since()
    const stopped = supervisor.stop()
    await expect(started).rejects.toThrow('it was stopped')
    await stopped
    expect(since()).toEqual(['interrupt b', 'stop a'])
  })

  test('can be stopped at the very moment at which a child has acknowledged', async () => {
    const { supervisor, b, since } = group()
    let stopped: Promise<void> | undefined
    b.starting = async () => {
      // The next microtask of the supervisor would start the next child.
      queueMicrotask(() => queueMicrotask(() => (stopped = supervisor.stop())))
    }
    await supervisor.start().catch(() => {})
    await stopped
    expect(since().filter((entry) => entry.startsWith('stop'))).toEqual(
      expect.arrayContaining(['stop b', 'stop a']),
    )
    expect([b.running]).toEqual([false])
  })
})

describe('restart', () => {
  test.each([
    ['one_for_one', ['die b', 'start b', 'started b']],
    [
      'one_for_all',
      ['die b', 'stop c', 'stop a', 'start a', 'started a', 'start b', 'started b', 'start c', 'started c'],
    ],
    ['rest_for_one', ['die b', 'stop c', 'start b', 'started b', 'start c', 'started c']],
  ] as const)('%s', async (strategy, expected) => {
    const { supervisor, b, since } = group({ strategy })
    await supervisor.start()
    since()
    b.die()
    await settled()
    expect(since()).toEqual(expected)
  })

  test('the first is at once, the next after a back-off that grows to its limit', async () => {
    const { supervisor, clock, a, reports } = group()
    await supervisor.start()
    const delays: number[] = []
    for (let i = 0; i < 7; i++) {
      a.die()
      await settled()
      const crashed = reports.findLast((report) => report.kind === 'actor:crashed')!
      delays.push((crashed as { restartInMs: number }).restartInMs)
      if (delays.at(-1)! > 0) {
        await clock.advance(delays.at(-1)! - 1)
        expect(a.running).toBe(false)
        await clock.advance(1)
      }
      expect(a.running).toBe(true)
    }
    expect(delays).toEqual([0, 100, 200, 400, 800, 1_000, 1_000])
    expect(supervisor.restarts('a')).toBe(7)
  })

  test('a child that has lived calmly for a while starts at the beginning of the back-off', async () => {
    const { supervisor, clock, a, reports } = group()
    await supervisor.start()
    const crash = async () => {
      a.die()
      await clock.advance(1_000)
      return (reports.findLast((report) => report.kind === 'actor:crashed') as { restartInMs: number })
        .restartInMs
    }
    expect([await crash(), await crash(), await crash()]).toEqual([0, 100, 200])
    await clock.advance(9_500)
    expect(await crash()).toBe(0)
  })

  test('a start that fails is tried again after the back-off', async () => {
    const { supervisor, clock, a, since } = group()
    await supervisor.start()
    let failures = 2
    a.starting = async () => {
      if (failures-- > 0) throw new Error('not yet')
    }
    since()
    a.die()
    await clock.advance(10_000)
    expect(since()).toEqual(['die a', 'start a', 'start a', 'start a', 'started a'])
    expect(supervisor.restarts('a')).toBe(1)
  })

  test('two deaths of one group at the same time make one restart of it', async () => {
    const { supervisor, clock, a, b, since } = group({ strategy: 'one_for_all' })
    await supervisor.start()
    since()
    a.die()
    b.die()
    await clock.advance(5_000)
    const journal = since()
    expect(journal.filter((entry) => entry.startsWith('started'))).toEqual([
      'started a',
      'started b',
      'started c',
    ])
  })

  test('a restart that waits starts nobody who was started meanwhile', async () => {
    const { supervisor, clock, a, b, since } = group({ strategy: 'rest_for_one' })
    await supervisor.start()
    for (let i = 0; i < 2; i++) {
      b.die()
      await settled()
    }
    // b and c are down and wait for the back-off; a takes all of them along.
    since()
    a.die()
    await settled()
    expect(since()).toEqual(['die a', 'start a', 'started a', 'start b', 'started b', 'start c', 'started c'])
    await clock.advance(10_000)
    expect(since()).toEqual([])
  })

  test('a temporary child is not restarted, and reported as failed', async () => {
    const { supervisor, a, since, reports } = group({}, 'temporary')
    await supervisor.start()
    since()
    a.die('done for')
    await settled()
    expect(since()).toEqual(['die a', 'fail a'])
    expect(reports.at(-1)).toEqual({ kind: 'actor:failed', integration: 'a', reason: 'done for' })
    expect(supervisor.children).toHaveLength(2)
  })
})

describe('escalation', () => {
  test('one restart too many: all are stopped in reverse and told, and nothing is restarted any more', async () => {
    const { supervisor, clock, b, c, since, reports } = group({ intensity: 1 })
    await supervisor.start()
    b.die()
    await clock.advance(1_000)
    since()
    b.die('again')
    await clock.advance(1_000)
    expect(since()).toEqual(['die b', 'stop c', 'fail c', 'fail b', 'stop a', 'fail a'])
    const failed = reports.filter((report) => report.kind === 'actor:failed')
    expect(failed.map(({ integration }) => integration)).toEqual(['c', 'b', 'a'])
    expect((failed[1] as { reason: string }).reason).toContain('again')
    c.die()
    await clock.advance(100_000)
    expect(since()).toEqual(['die c'])
  })

  test('restarts that are long ago do not count', async () => {
    const { supervisor, clock, b } = group({ intensity: 1, periodMs: 5_000 })
    await supervisor.start()
    for (let i = 0; i < 4; i++) {
      b.die()
      await clock.advance(5_100)
      expect(b.running).toBe(true)
    }
  })
})

describe('stop', () => {
  test('begins with the last one, and one that takes long does not hold up the others', async () => {
    const { supervisor, c, since } = group()
    await supervisor.start()
    since()
    let stopped = () => {}
    c.stopping = () => new Promise((resolve) => (stopped = resolve))
    const done = supervisor.stop()
    await settled()
    expect(since()).toEqual(['stop b', 'stop a'])
    stopped()
    await done
    expect(since()).toEqual(['stop c'])
    await supervisor.stop()
    expect(since()).toEqual([])
  })

  test('during a back-off starts nobody again', async () => {
    const { supervisor, clock, a, since } = group()
    await supervisor.start()
    for (let i = 0; i < 2; i++) {
      a.die()
      await settled()
    }
    since()
    await supervisor.stop()
    await clock.advance(10_000)
    expect(since()).toEqual(['stop c', 'stop b'])
    expect(clock.pending).toEqual([])
  })

  test('while a restart is under way ends it', async () => {
    const { supervisor, a, since } = group()
    await supervisor.start()
    a.starting = never
    a.die()
    await settled()
    since()
    await supervisor.stop()
    expect(since()).toEqual(['interrupt a', 'stop c', 'stop b'])
  })

  test('a death while stopping is nobody’s concern', async () => {
    const { supervisor, a, c, since, reports } = group()
    await supervisor.start()
    since()
    c.stopping = async () => a.die()
    await supervisor.stop()
    expect(since()).toEqual(['die a', 'stop c', 'stop b'])
    expect(reports.filter((report) => report.kind === 'actor:crashed')).toEqual([])
  })
})

test('the jitter of a restart comes from the source of chance that it was given', async () => {
  const delays = async (seed: number) => {
    const clock = new ManualClock()
    const child = new FakeChild('a', [], 'permanent')
    const reports: GatewayReport[] = []
    const supervisor = new Supervisor(
      { ...OPTIONS, jitter: 1 },
      [child],
      clock,
      (report) => reports.push(report),
      new SeededRandom(seed),
    )
    await supervisor.start()
    for (let n = 0; n < 4; n++) {
      child.die('boom')
      await settled()
      await clock.advance(1_000)
    }
    return reports.flatMap((report) => (report.kind === 'actor:crashed' ? [report.restartInMs] : []))
  }
  const [first, again, other] = [await delays(1), await delays(1), await delays(2)]
  expect(first).toHaveLength(4)
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})
