import { describe, expect, test } from 'vitest'
import { TopicHub } from '../../src/actor/topic-hub.js'
import type { Attempt } from '../../src/core/adapter/attempt.js'
import type { InboundMessage, MessageSink } from '../../src/core/adapter/inbound.js'
import { SubscribeError } from '../../src/core/errors/pubsub.js'
import { ManualClock, settled } from '../../src/testing/index.js'

interface Granted {
  readonly pattern: string
  readonly qos: number | undefined
  readonly sink: MessageSink<InboundMessage>
  closed: boolean
  resumed: number
  onResume?: () => void
  onClose?: () => void
}

function rig({ retains = false, holdsBack = 'connection' as 'subscription' | 'connection' } = {}) {
  const clock = new ManualClock()
  const granted: Granted[] = []
  const control = { hold: undefined as Promise<void> | undefined, refuse: false }
  const hub = new TopicHub(
    {
      retains,
      holdsBack,
      publish: () => undefined,
      async subscribe(pattern, { qos }, sink, context) {
        const one: Granted = { pattern, qos, sink, closed: false, resumed: 0 }
        granted.push(one)
        await Promise.race([
          control.hold,
          new Promise((_, reject) =>
            context.signal.addEventListener('abort', () => reject(context.signal.reason)),
          ),
        ])
        if (control.refuse) throw new SubscribeError(pattern, 'no')
        return {
          resume: () => {
            one.resumed++
            one.onResume?.()
          },
          close: async () => {
            one.closed = true
            one.onClose?.()
          },
        }
      },
    },
    clock,
    5_000,
  )
  const open = () => granted.filter(({ closed }) => !closed)
  return { clock, hub, granted, control, open }
}

function operation(signal = new AbortController().signal): Attempt {
  return { deadline: Number.POSITIVE_INFINITY, signal }
}

function listener(room = true) {
  const got: string[] = []
  const ends: Error[] = []
  const state = { room }
  const sink: MessageSink<InboundMessage> = {
    deliver: ({ payload, retain }) => {
      got.push(`${payload[0]}${retain ? ' retained' : ''}`)
      return state.room
    },
    lost: () => {},
    end: (error) => ends.push(error),
  }
  return { got, ends, state, sink }
}

const message = (n: number, retain = false) => ({
  topic: 't',
  payload: new Uint8Array([n]),
  ...(retain && { retain }),
})

describe('topic hub', () => {
  test('one subscription of a pattern serves all, and ends with the last', async () => {
    const { hub, granted, open } = rig()
    const [one, two] = [listener(), listener()]
    const first = await hub.subscribe('t', {}, one.sink, operation())
    const second = await hub.subscribe('t', {}, two.sink, operation())
    await hub.subscribe('u', {}, listener().sink, operation())
    expect(granted.map(({ pattern }) => pattern)).toEqual(['t', 'u'])
    granted[0]!.sink.deliver(message(1))
    await first.close()
    await first.close()
    granted[0]!.sink.deliver(message(2))
    expect([one.got, two.got]).toEqual([['1'], ['1', '2']])
    expect(granted[0]!.closed).toBe(false)
    await second.close()
    expect(open().map(({ pattern }) => pattern)).toEqual(['u'])
  })

  test('what is retained goes to whom the subscription was made for, and the earlier one is replaced', async () => {
    const { hub, granted } = rig({ retains: true })
    const [early, late] = [listener(), listener()]
    await hub.subscribe('t', {}, early.sink, operation())
    granted[0]!.sink.deliver(message(1, true))
    const joining = hub.subscribe('t', {}, late.sink, operation())
    await settled()
    granted[1]!.sink.deliver(message(1, true))
    await joining
    granted[1]!.sink.deliver(message(2))
    // The earlier one may still have something to say: it has been said.
    granted[0]!.sink.deliver(message(2))
    expect([early.got, late.got]).toEqual([
      ['1 retained', '2'],
      ['1 retained', '2'],
    ])
    expect(granted.map(({ closed }) => closed)).toEqual([true, false])
  })

  test('what is retained is given once, though the broker sent it twice before its grant', async () => {
    const { hub, granted, control } = rig({ retains: true })
    const [early, late] = [listener(), listener()]
    await hub.subscribe('t', {}, early.sink, operation())
    let grant = () => {}
    control.hold = new Promise((resolve) => {
      grant = resolve
    })
    const joining = hub.subscribe('t', {}, late.sink, operation())
    await settled()
    // A broker without subscription identifiers: both subscriptions are given both.
    for (let i = 0; i < 2; i++) for (const { sink } of granted) sink.deliver(message(1, true))
    grant()
    await joining
    expect([early.got, late.got]).toEqual([['1 retained'], ['1 retained']])
  })

  test('a higher quality takes the place of a lower one, and a lower one is served by the higher', async () => {
    const { hub, granted, open } = rig()
    for (const qos of [0, 2, 1] as const) await hub.subscribe('t', { qos }, listener().sink, operation())
    expect(granted.map(({ qos }) => qos)).toEqual([0, 2])
    expect(open()).toHaveLength(1)
  })

  test('a refusal is told to whoever asked, and the others keep what they have', async () => {
    const { hub, granted, control, open } = rig()
    const keeper = listener()
    await hub.subscribe('t', { qos: 0 }, keeper.sink, operation())
    control.refuse = true
    await expect(hub.subscribe('t', { qos: 1 }, listener().sink, operation())).rejects.toThrow('no')
    granted[0]!.sink.deliver(message(7))
    expect([keeper.got, open().length]).toEqual([['7'], 2])
  })

  test('one that holds back holds all back, until it has room or leaves', async () => {
    const { hub, granted } = rig()
    const [full, free] = [listener(false), listener()]
    const holding = await hub.subscribe('t', {}, full.sink, operation())
    await hub.subscribe('t', {}, free.sink, operation())
    const { sink } = granted[0]!
    expect(sink.deliver(message(1))).toBe(false)
    full.state.room = true
    expect(granted[0]!.resumed).toBe(0)
    holding.resume()
    expect(granted[0]!.resumed).toBe(1)
    expect(sink.deliver(message(2))).toBe(true)
    full.state.room = false
    expect(sink.deliver(message(3))).toBe(false)
    await holding.close()
    expect(granted[0]!.resumed).toBe(2)
    expect(sink.deliver(message(4))).toBe(true)
  })

  test('one that gives up while it is asked for leaves the others alone, and no subscription behind', async () => {
    const { hub, control, open, granted } = rig()
    let grant = () => {}
    control.hold = new Promise((resolve) => (grant = resolve))
    const abort = new AbortController()
    const [gone, kept] = [listener(), listener()]
    const first = hub.subscribe('t', {}, gone.sink, operation(abort.signal))
    const second = hub.subscribe('t', {}, kept.sink, operation())
    const alone = hub.subscribe('u', {}, gone.sink, operation(abort.signal))
    const failed = Promise.allSettled([first, alone])
    await settled()
    abort.abort()
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    grant()
    await second
    await settled()
    granted[0]!.sink.deliver(message(1))
    expect([gone.got, kept.got]).toEqual([[], ['1']])
    expect(open().map(({ pattern }) => pattern)).toEqual(['t'])
  })

  test('one that is never granted is given up in time', async () => {
    const { hub, control, clock } = rig()
    control.hold = new Promise(() => {})
    const asked = hub.subscribe('t', {}, listener().sink, operation())
    const failed = expect(asked).rejects.toMatchObject({ kind: 'timeout' })
    await clock.advance(5_000)
    await failed
  })

  test('the end of a subscription is told to everybody, and it can be made again', async () => {
    const { hub, granted } = rig()
    const [one, two] = [listener(), listener()]
    for (const { sink } of [one, two]) await hub.subscribe('t', {}, sink, operation())
    granted[0]!.sink.end(new Error('kicked'))
    expect([one.ends, two.ends].map((ends) => ends.map((error) => error.message))).toEqual([
      ['kicked'],
      ['kicked'],
    ])
    await hub.subscribe('t', {}, one.sink, operation())
    expect(granted).toHaveLength(2)
  })

  test('nothing of a lost connection is left: neither messages nor closes', async () => {
    const { hub, granted } = rig()
    const one = listener()
    const subscription = await hub.subscribe('t', {}, one.sink, operation())
    hub.disconnected()
    granted[0]!.sink.deliver(message(1))
    await hub.subscribe('t', {}, one.sink, operation())
    await subscription.close()
    granted[1]!.sink.deliver(message(2))
    expect(one.got).toEqual(['2'])
    expect(granted.map(({ closed }) => closed)).toEqual([false, false])
  })
})

describe('a message that its broker waits to hear of', () => {
  const acknowledged = (taken: string[]): InboundMessage => ({
    topic: 't',
    payload: new Uint8Array([7]),
    taken: () => void taken.push('taken'),
  })

  test('is taken when every member has taken it', async () => {
    const { hub, granted } = rig()
    const taken: string[] = []
    const given: InboundMessage[] = []
    const sink = { ...listener().sink, deliver: (message: InboundMessage) => given.push(message) > 0 }
    await hub.subscribe('t', {}, sink, operation())
    await hub.subscribe('t', {}, sink, operation())
    granted.at(-1)!.sink.deliver(acknowledged(taken))
    given[0]!.taken!()
    expect([given.length, taken]).toEqual([2, []])
    given[1]!.taken!()
    expect(taken).toEqual(['taken'])
  })

  test('is taken at once when a later subscription has brought it already', async () => {
    const { hub, granted } = rig({ retains: true })
    const taken: string[] = []
    await hub.subscribe('t', {}, listener().sink, operation())
    await hub.subscribe('t', {}, listener().sink, operation())
    granted[0]!.sink.deliver(acknowledged(taken))
    expect(taken).toEqual(['taken'])
  })
})

test('what is held of a subscription goes to its member before a later one replaces it', async () => {
  const { hub, granted } = rig({ retains: true })
  const [slow, quick] = [listener(false), listener()]
  await hub.subscribe('t', {}, slow.sink, operation())
  const [first] = granted
  // An adapter that holds what its sink has no room for, as that of MQTT does.
  const held = [2, 3, 4].map((n) => message(n))
  const dropped: number[] = []
  expect(first!.sink.deliver(message(1))).toBe(false)
  first!.onResume = () => {
    while (held.length > 0 && first!.sink.deliver(held.shift()!));
  }
  first!.onClose = () => dropped.push(...held.map(({ payload }) => payload[0]!))
  await hub.subscribe('t', {}, quick.sink, operation())
  expect(slow.got).toEqual(['1', '2', '3', '4'])
  expect(dropped).toEqual([])
  // It still has no room.
  expect(granted[1]!.sink.deliver(message(5))).toBe(false)
})

test('room that comes before the grant is remembered', async () => {
  const { hub, granted, control } = rig()
  let grant = () => {}
  control.hold = new Promise((resolve) => {
    grant = resolve
  })
  const subscribing = hub.subscribe('t', {}, listener(false).sink, operation())
  await settled()
  granted[0]!.sink.deliver({ topic: 't', payload: new Uint8Array([1]) })
  grant()
  const subscription = await subscribing
  expect(granted[0]!.resumed).toBe(0)
  subscription.resume()
  expect(granted[0]!.resumed).toBe(1)
})

test('equal subscriptions are independent where each can be held back alone', async () => {
  const { hub, granted } = rig({ holdsBack: 'subscription' })
  const [read, unread] = [listener(), listener(false)]
  const first = await hub.subscribe('t', {}, read.sink, operation())
  await hub.subscribe('t', {}, unread.sink, operation())
  expect(granted).toHaveLength(2)
  expect(granted.map(({ sink }) => sink.deliver(message(1)))).toEqual([true, false])
  await first.close()
  expect(granted.map(({ closed }) => closed)).toEqual([true, false])
})
