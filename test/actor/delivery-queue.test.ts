import { receiveMessageOnPort } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { Conflator } from '../../src/actor/conflator.js'
import { DeliveryQueue } from '../../src/actor/delivery-queue.js'
import { Outbox } from '../../src/actor/outbox.js'
import type { Outgoing } from '../../src/actor/outgoing.js'
import { ByteBudget } from '../../src/core/byte-budget.js'
import type { Overflow } from '../../src/core/overflow.js'
import { Channel, type ChannelEnd, openChannel } from '../../src/mailbox/channel.js'
import { CreditGiver, newCredit } from '../../src/mailbox/credit.js'
import { Gauges } from '../../src/mailbox/gauges.js'
import type { ActorBatch, RequestBatch } from '../../src/mailbox/protocol.js'
import { Turn } from '../../src/mailbox/turn.js'
import { ManualClock } from '../../src/testing/index.js'
import { wireFormat } from '../../src/wire/wire-format.js'

const lines: Channel<ActorBatch, RequestBatch>[] = []
afterEach(() => {
  for (const line of lines.splice(0)) line.close()
})

const CAPACITY = { messages: 4, bytes: 1_000 }
const WINDOW = { messages: 2, bytes: 10_000 }

function rig(
  overflow: Overflow,
  {
    capacity = CAPACITY,
    window = WINDOW,
    blocksOthers = (): boolean => false,
    budget = new ByteBudget(1e9),
  } = {},
) {
  const clock = new ManualClock()
  const { host, actor } = openChannel()
  const line = new Channel<ActorBatch, RequestBatch>(actor, new Turn(clock, 10), () => {})
  lines.push(line)
  const gauges = new Gauges()
  const outbox = new Outbox(clock, line, () => 0)
  const credit = newCredit()
  const giver = new CreditGiver(credit)
  let rooms = 0
  const spec = { id: 1, kind: 'topic', credit, window, decode: 'value', overflow } as const
  const queue = new DeliveryQueue({
    spec,
    capacity,
    clock,
    outbox,
    gauges,
    format: wireFormat('json'),
    budget,
    blocksOthers,
    onRoom: () => rooms++,
  })
  const sent = () => {
    outbox.flush()
    return batches(host).flatMap(({ runs }) =>
      (runs ?? []).flatMap(({ payload }) => (payload.kind === 'values' ? payload.values : [])),
    )
  }
  const offer = (n: number) => queue.offer(message(n))
  return { clock, queue, gauges, giver, sent, offer, host, outbox, rooms: () => rooms, budget }
}

function batches(host: ChannelEnd): ActorBatch[] {
  const found: ActorBatch[] = []
  for (let next = receiveMessageOnPort(host.port); next; next = receiveMessageOnPort(host.port))
    found.push(next.message as ActorBatch)
  return found
}

function message(n: number, topic = 't'): Outgoing {
  return { topic, payload: new TextEncoder().encode(String(n)), extras: undefined }
}

const count = (n: number) => Array.from({ length: n }, (_, i) => i)

describe('delivery queue', () => {
  test('sends within the credit, keeps the rest, and goes on in order as credit comes', () => {
    const { offer, sent, giver, queue, gauges } = rig('block')
    expect([offer(0), offer(1)]).toEqual(['sent', 'sent'])
    offer(2)
    expect([sent(), queue.size, gauges.depths.deliveries]).toEqual([[0, 1], 1, 1])
    expect(giver.give(2, 2)).toBe(true)
    queue.drain()
    offer(3)
    expect([sent(), queue.size, gauges.depths.deliveries]).toEqual([[2, 3], 0, 0])
  })

  test('block: holds the source back from half full, takes what still comes, and lets go when it has emptied', () => {
    const { offer, queue, giver, rooms, gauges, sent } = rig('block')
    expect(count(10).map(offer)).toEqual([
      ...['sent', 'sent', 'waiting'],
      ...Array.from({ length: 7 }, () => 'hold-back'),
    ])
    giver.give(2, 2)
    queue.drain()
    expect(rooms()).toBe(0)
    for (let i = 0; i < 3; i++) {
      giver.give(2, 2)
      queue.drain()
    }
    expect(rooms()).toBe(1)
    expect([sent(), gauges.counts().dropped, queue.dropped]).toEqual([count(10), 0, 0])
  })

  test('drop-oldest: keeps the newest, and counts exactly', () => {
    const { offer, queue, giver, gauges, sent } = rig('drop-oldest')
    for (const n of count(10)) offer(n)
    expect([queue.size, queue.dropped, gauges.counts().dropped, gauges.depths.deliveries]).toEqual([
      4, 4, 4, 4,
    ])
    for (let i = 0; i < 4; i++) {
      giver.give(2, 2)
      queue.drain()
    }
    expect(sent()).toEqual([0, 1, 6, 7, 8, 9])
  })

  test('drop-newest: keeps the oldest, and counts exactly', () => {
    const { offer, queue, giver, gauges, sent } = rig('drop-newest')
    for (const n of count(10)) offer(n)
    expect([queue.size, queue.dropped, gauges.counts().dropped]).toEqual([4, 4, 4])
    for (let i = 0; i < 4; i++) {
      giver.give(2, 2)
      queue.drain()
    }
    expect(sent()).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('reject: refuses from the first that has no room', () => {
    const { offer } = rig('reject')
    expect(count(7).map(offer)).toEqual([
      'sent',
      'sent',
      'waiting',
      'waiting',
      'waiting',
      'waiting',
      'refused',
    ])
  })

  test('the host is told how many were dropped, once for each new number', () => {
    const { offer, queue, giver, host, outbox } = rig('drop-newest')
    for (const n of count(10)) offer(n)
    giver.give(1, 1)
    queue.drain()
    giver.give(1, 1)
    queue.drain()
    outbox.flush()
    const notices = batches(host).flatMap((batch) => batch.notices ?? [])
    expect(notices).toEqual([{ kind: 'dropped', source: 1, dropped: 4 }])
  })

  test('bytes bound what waits, and one that is larger than all of it is taken alone', () => {
    const { queue, gauges } = rig('drop-oldest', {
      capacity: { messages: 100, bytes: 10 },
      window: { messages: 1, bytes: 10 },
    })
    const bytes = (size: number): Outgoing => ({
      topic: 't',
      payload: new Uint8Array(size),
      extras: undefined,
    })
    for (const size of [1, 4, 4, 4]) queue.offer(bytes(size))
    expect([queue.size, queue.dropped]).toEqual([2, 1])
    queue.offer(bytes(50))
    expect([queue.size, queue.dropped, gauges.depths.deliveries]).toEqual([1, 3, 1])
  })

  test('a window of bytes holds for large messages as well', () => {
    const size = 100_000
    const { queue, giver, outbox, host } = rig('block', {
      capacity: { messages: 1_000, bytes: 1_000_000_000 },
      window: { messages: 500, bytes: 2 * size },
    })
    const large: Outgoing = {
      topic: 't',
      payload: new TextEncoder().encode(`"${'x'.repeat(size - 2)}"`),
      extras: undefined,
    }
    for (let i = 0; i < 100; i++) queue.offer(large)
    const sent = () => {
      outbox.flush()
      return batches(host).reduce(
        (sum, { runs }) => sum + (runs ?? []).reduce((n, run) => n + run.count, 0),
        0,
      )
    }
    expect(sent()).toBe(2)
    giver.give(2, 2 * size)
    queue.drain()
    expect(sent()).toBe(2)
  })

  test('what cannot be decoded goes along as bytes with its fault', () => {
    const { queue, outbox, host, gauges } = rig('block')
    queue.offer({ topic: 't', payload: new TextEncoder().encode('{'), extras: { retain: true } })
    outbox.flush()
    const run = batches(host)[0]!.runs![0]!
    const { fault, bytes, retain } = run.extras![0]!
    expect([fault!.name, new TextDecoder().decode(bytes), retain]).toEqual(['SerializeError', '{', true])
    expect(gauges.counts().errors).toEqual({ serialize: 1 })
  })

  test('a small message does not keep a large chunk alive', () => {
    const { queue, giver, sent } = rig('block')
    const chunk = new Uint8Array(1_000).fill(0x31)
    for (let i = 0; i < 3; i++) queue.offer({ topic: 't', payload: chunk.subarray(0, 1), extras: undefined })
    // It was copied: the chunk may be used for something else.
    chunk.fill(0x32)
    giver.give(2, 2)
    queue.drain()
    expect(sent()).toEqual([1, 1, 1])
  })

  test('what waits is forgotten when the source is closed', () => {
    const { offer, queue, gauges } = rig('block')
    for (const n of count(5)) offer(n)
    queue.clear()
    expect([queue.size, gauges.depths.deliveries]).toEqual([0, 0])
  })
})

describe('what the broker waits to hear', () => {
  const acknowledged = (queue: DeliveryQueue, taken: number[]) => (n: number) =>
    queue.offer({ ...message(n), taken: () => taken.push(n) })

  test('is said when the host has received a message, not when it was sent', () => {
    const { queue, giver, sent } = rig('block')
    const taken: number[] = []
    const offer = acknowledged(queue, taken)
    for (const n of count(3)) offer(n)
    expect([sent(), taken]).toEqual([[0, 1], []])
    expect(giver.received(1)).toBe(true)
    queue.drain()
    expect(taken).toEqual([0])
    giver.received(1)
    giver.give(2, 2)
    queue.drain()
    expect([sent(), taken]).toEqual([[2], [0, 1]])
    giver.received(1)
    queue.drain()
    expect(taken).toEqual([0, 1, 2])
  })

  test('is said of what was dropped', () => {
    const { queue } = rig('drop-newest', { capacity: { messages: 1, bytes: 1_000 } })
    const taken: number[] = []
    const offer = acknowledged(queue, taken)
    for (const n of count(5)) offer(n)
    expect([taken, queue.dropped]).toEqual([[3, 4], 2])
  })

  test('is said after the connection was lost too: a session that outlives it waits for it', () => {
    const { queue, giver } = rig('block')
    const taken: number[] = []
    const offer = acknowledged(queue, taken)
    for (const n of count(3)) offer(n)
    queue.disconnected()
    giver.received(2)
    queue.drain()
    expect(taken).toEqual([0, 1])
  })

  test('is said after a second of what a slow subscriber has not got, where others wait behind it', async () => {
    let harm = false
    const { queue, clock, giver, sent } = rig('block', { blocksOthers: () => harm })
    const taken: number[] = []
    const offer = acknowledged(queue, taken)
    for (const n of count(4)) offer(n)
    await clock.advance(5_000)
    expect(taken).toEqual([])
    harm = true
    await clock.advance(1_000)
    expect(taken).toEqual([2, 3])
    // They are delivered all the same, and said once.
    giver.received(2)
    giver.give(2, 2)
    queue.drain()
    giver.received(2)
    queue.drain()
    expect([sent(), taken]).toEqual([
      [0, 1, 2, 3],
      [2, 3, 0, 1],
    ])
  })
})

describe('a queue whose connection is shared', () => {
  test('holds it back for a bounded time, then drops, counts and lets it go', async () => {
    const { queue, offer, clock, rooms, giver, sent } = rig('block', { blocksOthers: () => true })
    // Two are sent; half of the four that may wait ask for a pause.
    expect(count(4).map(offer)).toEqual(['sent', 'sent', 'waiting', 'hold-back'])
    await clock.advance(999)
    expect([rooms(), queue.dropped]).toEqual([0, 0])
    await clock.advance(1)
    expect(rooms()).toBe(1)
    expect([4, 5, 6, 7].map(offer)).toEqual(['waiting', 'waiting', 'waiting', 'waiting'])
    expect([queue.size, queue.dropped]).toEqual([4, 2])
    for (let i = 0; i < 3; i++) {
      giver.give(2, 2)
      queue.drain()
    }
    expect(sent()).toEqual([0, 1, 2, 3, 4, 5])
    // The subscriber has caught up: it may hold back again.
    expect([8, 9, 10, 11].map(offer)).toEqual(['sent', 'sent', 'waiting', 'hold-back'])
  })

  test('that is alone on its connection is held for as long as it takes', async () => {
    const { queue, offer, clock, rooms, giver } = rig('block')
    count(4).map(offer)
    await clock.advance(1_000_000)
    expect([rooms(), queue.dropped]).toEqual([0, 0])
    giver.give(100, 0)
    queue.drain()
    expect(rooms()).toBe(1)
  })
})

describe('the budget of the actor', () => {
  test('counts what waits and gives it back', () => {
    const { queue, offer, budget } = rig('block')
    for (const n of count(4)) offer(n)
    expect(budget.held).toBeGreaterThan(2)
    queue.clear()
    expect(budget.held).toBe(0)
  })

  test('that is full of others holds a queue back, but lets one that is read go on', () => {
    const budget = new ByteBudget(10_000)
    const { queue, offer, rooms, giver, sent } = rig('block', {
      budget,
      window: { messages: 1, bytes: 1_000 },
    })
    budget.take(10_000)
    expect(count(2).map(offer)).toEqual(['sent', 'hold-back'])
    giver.give(1, 1)
    queue.drain()
    expect([rooms(), sent()]).toEqual([1, [0, 1]])
  })

  test('that has room again lets a queue go on that holds back', () => {
    const budget = new ByteBudget(10_000)
    const { offer, rooms, giver } = rig('block', { budget, window: { messages: 1, bytes: 1_000 } })
    budget.take(10_000)
    count(2).map(offer)
    budget.give(10_000)
    expect(rooms()).toBe(1)
    giver.give(1, 1)
  })

  test('that is full makes the other policies drop all but one', () => {
    const budget = new ByteBudget(10_000)
    const { queue, offer } = rig('drop-newest', { budget })
    budget.take(10_000)
    for (const n of count(5)) offer(n)
    expect([queue.size, queue.dropped]).toEqual([1, 2])
  })
})

describe('conflator', () => {
  test('passes the newest of each topic at its pace, and counts what was replaced', async () => {
    const clock = new ManualClock()
    const gauges = new Gauges()
    const passed: number[] = []
    const state = { room: true }
    const conflator = new Conflator(
      clock,
      16,
      gauges,
      new ByteBudget(1e9),
      () => state.room,
      ({ payload }) => passed.push(Number(new TextDecoder().decode(payload))),
    )
    for (const n of count(10)) conflator.offer(message(n, n % 2 === 0 ? 'even' : 'odd'))
    await clock.advance(15)
    expect(passed).toEqual([])
    await clock.advance(1)
    expect([passed, gauges.counts().conflated]).toEqual([[8, 9], 8])
    // A receiver that is not done with the last ones gets newer ones later, and none twice.
    state.room = false
    conflator.offer(message(10, 'even'))
    await clock.advance(160)
    conflator.offer(message(11, 'even'))
    state.room = true
    await clock.advance(160)
    expect([passed, gauges.counts().conflated]).toEqual([[8, 9, 11], 9])
    conflator.offer(message(12))
    conflator.close()
    await clock.advance(160)
    expect([passed.length, clock.pending]).toEqual([3, []])
  })

  test('strangers who make up topics do not fill the memory', () => {
    const passed: Outgoing[] = []
    const conflator = new Conflator(
      new ManualClock(),
      1_000,
      new Gauges(),
      new ByteBudget(1e9),
      () => false,
      (each) => passed.push(each),
    )
    for (const n of count(10_001)) conflator.offer(message(n, `t${n}`))
    expect(passed).toHaveLength(10_001)
  })
})
