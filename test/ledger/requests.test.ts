import { describe, expect, test } from 'vitest'
import type { Overflow } from '../../src/core/overflow.js'
import { crashOutcome } from '../../src/ledger/crash-outcome.js'
import { Request } from '../../src/ledger/request.js'
import { type RequestChannel, RequestQueue, type Room } from '../../src/ledger/request-queue.js'
import type { RequestBatch } from '../../src/mailbox/protocol.js'
import { VERBS, type Verb } from '../../src/mailbox/protocol.js'
import { ManualClock, settled } from '../../src/testing/index.js'

function entry(verb: Verb = 'publish', bytes = 1, idempotent = false): Request {
  const options = idempotent ? { idempotent } : undefined
  return new Request(
    { giveUp: () => {} },
    0,
    verb,
    't',
    undefined,
    options,
    0,
    Number.POSITIVE_INFINITY,
    0,
    bytes,
  )
}

describe('what a crash does to a request', () => {
  const table: Readonly<Record<Verb, readonly [string, string]>> = {
    call: ['reject', 'hand-over'],
    notify: ['reject', 'hand-over'],
    batch: ['reject', 'hand-over'],
    publish: ['hand-over', 'hand-over'],
    enqueue: ['hand-over', 'hand-over'],
    receive: ['hand-over', 'hand-over'],
    subscribe: ['hand-over', 'hand-over'],
    consume: ['hand-over', 'hand-over'],
    serve: ['hand-over', 'hand-over'],
    ack: ['answer-false', 'answer-false'],
    nack: ['answer-false', 'answer-false'],
    answer: ['answer-false', 'answer-false'],
    unsubscribe: ['answer-done', 'answer-done'],
    cancel: ['answer-done', 'answer-done'],
    undelivered: ['answer-false', 'answer-false'],
    detach: ['answer-done', 'answer-done'],
    expire: ['answer-done', 'answer-done'],
    collect: ['hand-over', 'hand-over'],
    join: ['hand-over', 'hand-over'],
  }

  test.each(VERBS)('%s', (verb) => {
    expect([crashOutcome(entry(verb), false, 3), crashOutcome(entry(verb, 1, true), false, 3)]).toEqual(
      table[verb],
    )
  })

  test('one that was in hand at its third death is set aside, and not before', () => {
    const poison = entry('publish')
    expect(crashOutcome(poison, true, 3)).toBe('hand-over')
    poison.deaths = 2
    expect(crashOutcome(poison, false, 3)).toBe('hand-over')
    expect(crashOutcome(poison, true, 3)).toBe('dead-letter')
    expect(crashOutcome(entry('publish'), true, 1)).toBe('dead-letter')
  })
})

/** A queue, and what its actor gets. */
function rig(overflow: Overflow = 'reject', messages = 3, bytes = 1_000) {
  const unsendable: Request[] = []
  const clock = new ManualClock()
  const queue = new RequestQueue(clock, { messages, bytes, overflow }, (request) => {
    unsendable.push(request)
  })
  function fill(count: number, size = 1): Request[] {
    const requests = Array.from({ length: count }, () => entry('publish', size))
    for (const request of requests) queue.push(request)
    return requests
  }
  /** Attaches an actor. @returns how many requests each batch had */
  function attach(post: (batch: RequestBatch) => void = () => {}): number[] {
    const batches: number[] = []
    const channel = {
      post: (batch: RequestBatch) => {
        post(batch)
        batches.push(batch.verbs.length)
      },
    } as unknown as RequestChannel
    queue.attach(channel)
    return batches
  }
  return { queue, fill, attach, unsendable, clock }
}

describe('the queue of requests', () => {
  const both = (room: Room, room2: Room) => [room, room2]

  test.each(['reject', 'drop-newest'] as const)('%s: full is full', (overflow) => {
    const { queue, fill } = rig(overflow)
    fill(2)
    const before = queue.room()
    fill(1)
    expect(both(before, queue.room())).toEqual(['room', 'full'])
  })

  test('a batch is full of bytes too, answers included, and so is a turn of the loop', async () => {
    const MEGABYTE = 1024 * 1024
    const { queue, attach, clock } = rig('reject', 100, 1e9)
    for (let n = 0; n < 20; n++) queue.push(entry('answer', MEGABYTE))
    for (let n = 0; n < 4; n++) queue.push(entry('publish', MEGABYTE / 2))
    const batches = attach()
    await settled()
    expect(batches).toEqual(Array(8).fill(1))
    await clock.advance(0)
    expect(batches).toEqual([...Array(20).fill(1), 2, 2])
  })

  test('what was handed over counts, in messages and in bytes', async () => {
    const { queue, fill, attach } = rig('reject', 3, 10)
    attach()
    const [first] = fill(1, 9)
    await settled()
    expect([queue.depth, queue.room()]).toEqual([{ waiting: 0, posted: 1 }, 'room'])
    fill(1, 1)
    expect(queue.room()).toBe('full')
    await settled()
    expect(queue.take(first!.seq)).toBe(first)
    expect(queue.take(first!.seq)).toBeUndefined()
    expect(queue.room()).toBe('room')
  })

  test('block: as many callers may wait as the mailbox holds, and no more', () => {
    const { queue, fill } = rig('block')
    fill(5)
    const before = queue.room()
    fill(1)
    expect(both(before, queue.room())).toEqual(['room', 'full'])
  })

  test('drop-oldest: the oldest that waits, and the oldest that the actor has', async () => {
    const { queue, fill, attach } = rig('drop-oldest', 3)
    const [first, second] = fill(3)
    expect([queue.room(), queue.oldestWaiting, queue.oldestPosted]).toEqual(['evict', first, undefined])
    queue.forget(first!)
    first!.resolve(undefined)
    expect(queue.oldestWaiting).toBe(second)
    attach()
    await settled()
    expect([queue.oldestWaiting, queue.oldestPosted]).toEqual([undefined, second])
    expect(queue.forget(second!)).toBe(true)
    expect(queue.oldestPosted).not.toBe(second)
  })

  test('system requests go first, need no credit and take no room', async () => {
    const { queue, fill, attach } = rig('reject', 2)
    const users = fill(2)
    const acks = [entry('ack'), entry('ack'), entry('ack')]
    for (const ack of acks) queue.push(ack)
    expect([queue.room(), queue.depth.waiting]).toEqual(['full', 2])
    attach()
    await settled()
    expect([...acks, ...users].map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4])
    // Of more there is no room before some are settled.
    expect(queue.room()).toBe('full')
    for (const user of users) queue.take(user.seq)
    expect(queue.room()).toBe('room')
  })

  test('what is put back goes before what waits, in its order', async () => {
    const { queue, fill, attach } = rig('reject', 10)
    const waiting = fill(2)
    const back = [entry(), entry('subscribe'), entry()]
    queue.putBack(back)
    attach()
    await settled()
    const bySeq = [back[1]!, back[0]!, back[2]!, ...waiting].map(({ seq }) => seq)
    expect(bySeq).toEqual([0, 1, 2, 3, 4])
  })

  test('settled ones are passed over, and do not pile up', async () => {
    const { queue, fill, attach } = rig('reject', 100_000)
    const requests = fill(5_000)
    for (const request of requests.slice(1)) {
      queue.forget(request)
      request.resolve(undefined)
    }
    expect([queue.depth.waiting, [...queue]]).toEqual([1, [requests[0]]])
    const batches = attach()
    await settled()
    expect(batches).toEqual([1])
  })

  test('one that cannot be sent is taken out; its neighbours keep their order', async () => {
    const { queue, fill, attach, unsendable } = rig('reject', 100)
    const requests = fill(9)
    const culprit = requests[4]!
    const withCulprit = { ...culprit, target: 'culprit' }
    Object.defineProperty(culprit, 'target', { value: withCulprit.target })
    const order: number[] = []
    attach(({ names, targets }) => {
      if (names?.added.includes('culprit')) throw new Error('cannot be cloned')
      order.push(targets.length)
    })
    await settled()
    expect(unsendable).toEqual([culprit])
    expect(requests.filter((request) => request !== culprit).map(({ seq }) => seq)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ])
    expect(queue.depth.posted).toBe(8)
  })

  test('a new life begins with number 0, and its predecessor leaves what it had', async () => {
    const { queue, fill, attach } = rig('reject', 10)
    attach()
    const requests = fill(2)
    await settled()
    expect(queue.detach()).toEqual(requests)
    expect([queue.depth.posted, queue.isAttached]).toEqual([0, false])
    attach()
    const [next] = fill(1)
    await settled()
    expect(next!.seq).toBe(0)
  })
})
