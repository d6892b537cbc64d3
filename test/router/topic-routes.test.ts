import { describe, expect, test } from 'vitest'
import { ConnectionError, MailboxFullError } from '../../src/core/errors.js'
import type { Overflow } from '../../src/core/overflow.js'
import type { IntegrationMail, RequestLimits, SourceHandler } from '../../src/mailbox/integration-mail.js'
import type { MessageRun } from '../../src/mailbox/message-run.js'
import { NameReader } from '../../src/mailbox/names.js'
import type { FeedMember, FeedSeat } from '../../src/mailbox/topic-feeds.js'
import { TopicRoutes } from '../../src/router/topic-routes.js'
import { ManualClock, settled } from '../../src/testing/index.js'

interface Opened {
  readonly pattern: string
  readonly handler: SourceHandler
  readonly limits: RequestLimits | undefined
  grant(): void
  refuse(error: Error): void
  credit: number
  closed: boolean
}

function rig() {
  const clock = new ManualClock()
  const opened: Opened[] = []
  const mail = {
    name: 'events',
    type: 'fake',
    window: { messages: 10, bytes: 1_000 },
    supports: () => true,
    formats: ['json'],
    open: (_verb, pattern, _wanted, handler, limits) =>
      new Promise((resolve, reject) => {
        const one: Opened = { pattern, handler, limits, credit: 0, closed: false, grant, refuse: reject }
        function grant() {
          resolve({
            credit: (messages) => {
              one.credit += messages
            },
            close: async () => {
              one.closed = true
            },
          })
        }
        limits?.signal?.addEventListener('abort', () => reject(new Error('given up')))
        opened.push(one)
      }),
  } as Pick<IntegrationMail, 'name' | 'type' | 'window' | 'formats' | 'supports' | 'open'> as IntegrationMail
  const routes = new TopicRoutes(mail, clock)
  const wanted = (overflow: Overflow) =>
    ({ kind: 'topic', window: mail.window, decode: 'value', overflow }) as const
  const join = (member: FeedMember, overflow: Overflow = 'block', limits?: RequestLimits) =>
    routes.join('t', wanted(overflow), member, limits)
  const joined = async (member: FeedMember, overflow: Overflow = 'block') => {
    const seat = join(member, overflow)
    opened.at(-1)!.grant()
    return seat
  }
  return { clock, opened, join, joined }
}

function member() {
  const runs: MessageRun[] = []
  const ends: Error[] = []
  const drops: number[] = []
  return {
    runs,
    ends,
    drops,
    receive: (run: MessageRun) => void runs.push(run),
    dropped: (total: number) => void drops.push(total),
    ended: (error: Error) => void ends.push(error),
  }
}

const names = new NameReader()
names.learn({ first: 0, added: ['t'] })
function deliver(to: Opened, count: number): void {
  const values = Array.from({ length: count }, (_, i) => i)
  to.handler.receive(
    { source: 1, count, topics: 0, payload: { kind: 'values', values }, bytes: count, extras: undefined },
    names,
    1,
  )
}
function finishAll(seat: FeedSeat, from: { readonly runs: MessageRun[] }): void {
  for (const run of from.runs.splice(0)) seat.finished(run)
}

describe('topic routes', () => {
  test('members that want the same share a subscription, others have their own', async () => {
    const { opened, join } = rig()
    const seats = [join(member()), join(member()), join(member(), 'reject')]
    expect(opened).toHaveLength(2)
    for (const one of opened) one.grant()
    await Promise.all(seats)
  })

  test('everybody gets every run, and credit returns when the last has finished with it', async () => {
    const { opened, joined } = rig()
    const [one, two] = [member(), member()]
    const [first, second] = [await joined(one), await joined(two)]
    deliver(opened[0]!, 3)
    expect([one.runs.length, two.runs.length]).toEqual([1, 1])
    finishAll(first, one)
    expect(opened[0]!.credit).toBe(0)
    finishAll(second, two)
    expect(opened[0]!.credit).toBe(3)
  })

  test('a member that leaves is not waited for, and finishing late counts for nothing', async () => {
    const { opened, joined } = rig()
    const [one, two] = [member(), member()]
    const [first, second] = [await joined(one), await joined(two)]
    deliver(opened[0]!, 3)
    finishAll(second, two)
    await first.leave()
    expect(opened[0]!.credit).toBe(3)
    finishAll(first, one)
    expect([opened[0]!.credit, opened[0]!.closed]).toEqual([3, false])
    await second.leave()
    await second.leave()
    expect(opened[0]!.closed).toBe(true)
  })

  test('credit for what an earlier life of the actor sent is not given to its successor', async () => {
    const { opened, joined } = rig()
    const one = member()
    const seat = await joined(one)
    deliver(opened[0]!, 3)
    opened[0]!.handler.reborn()
    finishAll(seat, one)
    expect(opened[0]!.credit).toBe(0)
    deliver(opened[0]!, 2)
    finishAll(seat, one)
    expect(opened[0]!.credit).toBe(2)
  })

  test.each(['drop-oldest', 'drop-newest'] as const)(
    '%s: a slow member misses runs, the quick one none',
    async (overflow) => {
      const { opened, joined } = rig()
      const [quick, slow] = [member(), member()]
      const [first] = [await joined(quick, overflow), await joined(slow, overflow)]
      for (let i = 0; i < 4; i++) {
        deliver(opened[0]!, 2)
        expect(quick.runs).toHaveLength(1)
        finishAll(first, quick)
      }
      // Half of the window of ten is how far behind one may be.
      expect([slow.runs.length, slow.drops, quick.drops]).toEqual([2, [2, 4], []])
      expect(opened[0]!.credit).toBe(4)
    },
  )

  test('reject: a slow member is put out, and the quick one goes on', async () => {
    const { opened, joined } = rig()
    const [quick, slow] = [member(), member()]
    const [first] = [await joined(quick, 'reject'), await joined(slow, 'reject')]
    for (let i = 0; i < 4; i++) {
      deliver(opened[0]!, 2)
      finishAll(first, quick)
    }
    expect(slow.ends).toEqual([expect.any(MailboxFullError)])
    expect([slow.runs.length, quick.ends, opened[0]!.credit]).toEqual([2, [], 8])
  })

  test('block: a slow member gets everything, and the credit waits for it', async () => {
    const { opened, joined } = rig()
    const [quick, slow] = [member(), member()]
    const [first] = [await joined(quick), await joined(slow)]
    for (let i = 0; i < 5; i++) {
      deliver(opened[0]!, 2)
      finishAll(first, quick)
    }
    expect([slow.runs.length, opened[0]!.credit]).toEqual([5, 0])
  })

  test('what the actor dropped counts over all of its lives', async () => {
    const { opened, joined } = rig()
    const one = member()
    await joined(one)
    const { handler } = opened[0]!
    handler.dropped(5)
    handler.reborn()
    handler.dropped(2)
    expect(one.drops).toEqual([5, 7])
  })

  test('the end is told to all, and the next member begins anew', async () => {
    const { opened, joined } = rig()
    const [one, two] = [member(), member()]
    await joined(one)
    await joined(two)
    opened[0]!.handler.ended(new ConnectionError('kicked'))
    expect([one.ends.length, two.ends.length]).toEqual([1, 1])
    await joined(member())
    expect(opened).toHaveLength(2)
  })

  test('a refusal is told to all that wait, and not remembered', async () => {
    const { opened, join, joined } = rig()
    const seats = Promise.allSettled([join(member()), join(member())])
    opened[0]!.refuse(new ConnectionError('no'))
    expect((await seats).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await joined(member())
    expect(opened).toHaveLength(2)
  })

  test('one that cancels leaves the others alone; when all have, the opening is given up', async () => {
    const { opened, join } = rig()
    const [a, b] = [new AbortController(), new AbortController()]
    const first = join(member(), 'block', { signal: a.signal })
    const second = join(member(), 'block', { signal: b.signal })
    a.abort('why')
    await expect(first).rejects.toMatchObject({ kind: 'cancelled', cause: 'why', integration: 'events' })
    expect(opened[0]!.limits!.signal!.aborted).toBe(false)
    b.abort()
    await expect(second).rejects.toMatchObject({ kind: 'cancelled' })
    expect(opened[0]!.limits!.signal!.aborted).toBe(true)
  })

  test('one that joins waits no longer than it wants to', async () => {
    const { clock, opened, join } = rig()
    const patient = join(member())
    const hasty = expect(join(member(), 'block', { timeoutMs: 100 })).rejects.toMatchObject({
      kind: 'timeout',
      operation: 'subscribe t',
    })
    await clock.advance(100)
    await hasty
    opened[0]!.grant()
    await patient
    expect(clock.pending).toEqual([])
  })

  test('the time of whoever asked first is not that of the others', async () => {
    const { clock, opened, join } = rig()
    const hasty = expect(join(member(), 'block', { timeoutMs: 100 })).rejects.toMatchObject({
      kind: 'timeout',
    })
    const patient = join(member())
    await clock.advance(100)
    await hasty
    await settled()
    // Whether the first opening goes on for the patient one or a new one is made: it is granted in the end.
    for (const one of opened) one.grant()
    await patient
  })
})
