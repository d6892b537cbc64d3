import { describe, expect, test } from 'vitest'
import { Feed } from '../../../../src/adapters/json-rpc/server/feed.js'
import { FeedPump } from '../../../../src/adapters/json-rpc/server/feed-pump.js'
import { Feeds } from '../../../../src/adapters/json-rpc/server/feeds.js'
import { SocketSubscription } from '../../../../src/adapters/json-rpc/server/subscription.js'
import { Subscriptions } from '../../../../src/adapters/json-rpc/server/subscriptions.js'
import { ByteBudget } from '../../../../src/core/byte-budget.js'
import type { FeedName } from '../../../../src/core/internal-methods.js'
import { MemoryShare } from '../../../../src/core/memory-share.js'
import type { Value } from '../../../../src/core/value.js'
import { ManualClock } from '../../../../src/testing/manual-clock.js'

/** Readers are served at once, because its time stands still. */
const clock = new ManualClock()
const opened = Promise.resolve({ ok: true as const, value: null })

function feedOf(kind: FeedName['kind'], most: number, budget = new ByteBudget(1_000_000)) {
  const feed = new Feed({ kind, name: 'prices' }, opened, most, new MemoryShare(budget), new FeedPump(clock))
  const publish = (value: unknown, lost = 0) => feed.publish(Buffer.from(JSON.stringify(value)), lost)
  return { feed, publish, budget }
}

/** A subscriber whose socket has room for so many notifications. */
function subscriber(feed: Feed, room = Number.POSITIVE_INFINITY) {
  const seen: { result?: unknown; dropped?: number; ended?: boolean }[] = []
  let looks = 0
  const port = {
    room,
    get hasRoom() {
      looks++
      return seen.length < this.room
    },
    notify: (bytes: Uint8Array) => {
      const { subscription: _, ...params } = JSON.parse(String(bytes)).params
      seen.push(params)
    },
  }
  const subscription = new SocketSubscription('1', feed, port, () => feed.remove(subscription))
  subscription.ready()
  return { seen, port, subscription, looks: () => looks }
}

describe('a feed', () => {
  test('costs nothing for subscribers that do not read, however many messages come', () => {
    const { feed, publish, budget } = feedOf('topic', 10)
    const deaf = Array.from({ length: 100 }, () => subscriber(feed, 1))
    const reader = subscriber(feed)
    publish(0)
    publish(1)
    const looks = deaf.map((each) => each.looks())
    for (let i = 2; i < 1000; i++) publish(i)
    expect(deaf.map((each) => each.looks())).toEqual(looks)
    expect(reader.seen).toHaveLength(1000)
    expect(budget.held).toBeLessThan(100)
    // The one that reads again gets the newest, and learns what it has lost.
    deaf[0]!.port.room = Number.POSITIVE_INFINITY
    deaf[0]!.subscription.pump()
    expect(deaf[0]!.seen).toHaveLength(11)
    expect(deaf[0]!.seen[1]).toEqual({ result: 990, dropped: 989 })
    publish(1000)
    expect(deaf[0]!.seen.at(-1)).toEqual({ result: 1000, dropped: 989 })
  })

  test('of data has the newest value for each subscriber, and calls none lost', () => {
    const { feed, publish } = feedOf('data', 10)
    const deaf = subscriber(feed, 1)
    for (const value of [1, 2, 3]) publish(value)
    expect(subscriber(feed).seen).toEqual([{ result: 3 }])
    deaf.port.room = 2
    deaf.subscription.pump()
    expect(deaf.seen).toEqual([{ result: 1 }, { result: 3 }])
  })

  test('counts what was lost before it, and ends after what waits', () => {
    const { feed, publish, budget } = feedOf('topic', 10)
    const reader = subscriber(feed, 1)
    publish(1)
    publish(2, 5)
    feed.end()
    expect(reader.seen).toEqual([{ result: 1 }])
    reader.port.room = Number.POSITIVE_INFINITY
    reader.subscription.pump()
    expect(reader.seen.slice(1)).toEqual([
      { result: 2, dropped: 5 },
      { ended: true, dropped: 5 },
    ])
    expect(budget.held).toBe(0)
  })

  test('holds its share of the memory at most', () => {
    const { feed, publish, budget } = feedOf('topic', 10, new ByteBudget(1000))
    const deaf = subscriber(feed, 0)
    for (let i = 0; i < 5; i++) publish('x'.repeat(198))
    expect(budget.held).toBe(400)
    publish('x'.repeat(900))
    expect(budget.held).toBe(0)
    deaf.port.room = Number.POSITIVE_INFINITY
    publish('y')
    deaf.subscription.pump()
    expect(deaf.seen).toEqual([{ result: 'y', dropped: 6 }])
    feed.remove(deaf.subscription)
    expect(budget.held).toBe(0)
  })
})

test('a connection may have four subscriptions of one name', async () => {
  const feeds = new Feeds(() => opened, 10, new ByteBudget(1000), clock)
  const calls = new Subscriptions({ most: 10 }, feeds, { hasRoom: true, notify: () => {} }).forMessage()
  const subscribe = (params: Value) => calls.call('subscribe', params)
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => subscribe({ topic: 'a' })))
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, true, false])
  expect(outcomes[4]).toMatchObject({ error: { code: -32_005 } })
  expect(await subscribe({ data: 'a' })).toMatchObject({ ok: true })
  await calls.call('unsubscribe', ['1'])
  expect(await subscribe({ topic: 'a' })).toMatchObject({ ok: true })
})

test('readers are served for a few milliseconds in a turn, and the others in the next', async () => {
  const { feed, publish } = feedOf('topic', 10)
  const served: number[] = []
  for (let id = 0; id < 10; id++) {
    const { port } = subscriber(feed)
    port.notify = () => {
      served.push(id)
      clock.stall(2)
    }
  }
  publish(1)
  publish(2)
  expect(served).toEqual([0, 1, 2])
  await clock.advance(0)
  expect(new Set(served).size).toBe(10)
  expect(served).toHaveLength(20)
})
