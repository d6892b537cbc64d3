import { receiveMessageOnPort } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import type { IntegrationSettings } from '../../src/core/settings.js'
import { Bell } from '../../src/mailbox/bell.js'
import { Gauges } from '../../src/mailbox/gauges.js'
import { type LineEnd, openLine } from '../../src/mailbox/line.js'
import { type ActorBatch, type RequestBatch, VERBS } from '../../src/mailbox/protocol.js'
import { Turn } from '../../src/mailbox/turn.js'
import { ActorRef } from '../../src/supervisor/actor-ref.js'
import { ManualClock, settled } from '../../src/testing/index.js'
import { integrationSettings } from '../support/adapter-context.js'

const ports: LineEnd[] = []
afterEach(() => {
  for (const { port } of ports.splice(0)) port.close()
})

const NOTHING: ActorBatch = {
  done: undefined,
  replies: undefined,
  failures: undefined,
  names: undefined,
  runs: undefined,
  notices: undefined,
}
const NO_VALUES = { kind: 'values', values: [] } as const
const wanted = {
  kind: 'topic',
  window: { messages: 1, bytes: 1 },
  decode: 'value',
  overflow: 'block',
} as const

/** A reference whose actors are in the hands of the test. */
function rig(given: Partial<IntegrationSettings> = {}) {
  const clock = new ManualClock()
  const poisoned: unknown[] = []
  const ref = new ActorRef(
    integrationSettings({ name: 'events', timeoutMs: 1_000, ...given }),
    { name: 'test', capabilities: ['publish', 'subscribe'], formats: ['json'] },
    3,
    clock,
    new Turn(clock, 4),
    { notice: () => {}, poison: ({ target }, deaths) => poisoned.push([target, deaths]) },
  )
  const ended: string[] = []
  const handler = {
    receive: () => {},
    dropped: () => {},
    reborn: () => {},
    ended: (error: Error) => ended.push(error.message),
  }
  async function quiet() {
    for (let i = 0; i < 4; i++) {
      await settled()
      await clock.advance(0)
    }
  }
  /** A new life; gives what it has been asked, and settles it. */
  function begin() {
    const { host, actor } = openLine()
    ports.push(actor)
    const gauges = new Gauges()
    ref.attach(host, gauges)
    const bell = new Bell(new Int32Array(host.bells), 0)
    const asked: { seq: number; verb: string }[] = []
    return {
      gauges,
      async asked() {
        await quiet()
        for (let next = receiveMessageOnPort(actor.port); next; next = receiveMessageOnPort(actor.port)) {
          const { first, verbs } = next.message as RequestBatch
          verbs.forEach((verb, i) => void asked.push({ seq: first + i, verb: VERBS[verb]! }))
        }
        return asked.map(({ verb }) => verb)
      },
      say(batch: ActorBatch) {
        actor.port.postMessage(batch)
        bell.ring()
      },
      async settle(index: number) {
        actor.port.postMessage({ ...NOTHING, done: [asked[index]!.seq, 1] } satisfies ActorBatch)
        bell.ring()
        await quiet()
      },
    }
  }
  return { clock, ref, begin, handler, ended, quiet, poisoned }
}

describe('the address of an actor', () => {
  test('keeps what is asked while there is none, and hands on what a dead one had, in order', async () => {
    const { ref, begin } = rig()
    const publishes = ['a', 'b'].map((topic) => ref.request('publish', topic, 1))
    const first = begin()
    expect(await first.asked()).toEqual(['publish', 'publish'])
    await first.settle(0)
    ref.detach('boom')
    const call = ref.request('publish', 'c', 1)
    const second = begin()
    expect(await second.asked()).toEqual(['publish', 'publish'])
    await second.settle(0)
    await second.settle(1)
    expect(await Promise.all([...publishes, call])).toEqual([undefined, undefined, undefined])
  })

  test('a subscription that was granted is asked for anew, however full the mailbox is', async () => {
    const { ref, begin, handler, ended } = rig({ mailbox: { messages: 1, bytes: 1_000, overflow: 'reject' } })
    const first = begin()
    const opening = ref.open('subscribe', 't', wanted, handler)
    await first.asked()
    await first.settle(0)
    await opening
    ref.detach('boom')
    const publish = ref.request('publish', 't', 1).catch((error: Error) => error)
    await expect(ref.request('publish', 't', 2)).rejects.toMatchObject({ kind: 'mailbox-full' })
    const second = begin()
    expect(await second.asked()).toEqual(['subscribe', 'publish'])
    expect(ended).toEqual([])
    await second.settle(1)
    await publish
  })

  test('and asked for again when it takes longer than an operation may: it was accepted once', async () => {
    const { ref, begin, handler, ended, clock } = rig()
    const first = begin()
    const opening = ref.open('subscribe', 't', wanted, handler)
    await first.asked()
    await first.settle(0)
    await opening
    ref.detach('boom')
    const second = begin()
    await second.asked()
    await clock.advance(60_000)
    const asked = await second.asked()
    expect(asked.filter((verb) => verb === 'subscribe').length).toBeGreaterThan(5)
    expect(ended).toEqual([])
    ref.stop()
    expect(ended).toEqual(['the gateway is shut down'])
    await clock.advance(60_000)
    expect(clock.pending).toEqual([])
  })

  test('a source that is closed receives what its actor had sent, until that has heard of it', async () => {
    const { ref, begin, handler, quiet } = rig()
    const received: number[] = []
    const life = begin()
    const opening = ref.open('subscribe', 't', wanted, {
      ...handler,
      receive: ({ count }) => received.push(count),
    })
    await life.asked()
    await life.settle(0)
    const closing = (await opening).close()
    expect(await life.asked()).toEqual(['subscribe', 'unsubscribe'])
    const run = { source: 1, count: 3, topics: [], payload: NO_VALUES, bytes: 0, extras: undefined }
    life.say({ ...NOTHING, runs: [run] })
    await life.settle(1)
    await closing
    life.say({ ...NOTHING, runs: [run] })
    await quiet()
    expect(received).toEqual([3])
  })

  test('a request that is in hand whenever an actor dies is set aside, and its neighbour is not', async () => {
    const { ref, begin, poisoned } = rig()
    const poison = ref.request('publish', 'poison', 1).catch((error: { kind: string }) => error.kind)
    const fine = ref.request('publish', 'fine', 1)
    for (let life = 0; life < 3; life++) {
      const { asked, gauges } = begin()
      await asked()
      gauges.setInHand(0)
      ref.detach('boom')
    }
    expect(await poison).toBe('actor-crashed')
    expect(poisoned).toEqual([['poison', 3]])
    const last = begin()
    expect(await last.asked()).toEqual(['publish'])
    await last.settle(0)
    await fine
  })

  test('what is given up for the shutdown is settled, and the actor need not go on with it', async () => {
    const { ref, begin } = rig()
    const life = begin()
    const receive = ref.request('receive', 'q', undefined).catch((error: { kind: string }) => error.kind)
    await life.asked()
    ref.closeIntake()
    ref.abandon()
    expect(await receive).toBe('shutdown')
    expect(await life.asked()).toEqual(['receive', 'cancel'])
    await expect(ref.request('publish', 't', 1)).rejects.toMatchObject({ kind: 'shutdown' })
  })

  test('a value that cannot cross fails alone, and says where', async () => {
    const { ref, begin } = rig()
    const life = begin()
    const requests = [1, () => 1, 2].map((value) => ref.request('publish', 't', value))
    const outcomes = Promise.allSettled(requests)
    expect(await life.asked()).toEqual(['publish', 'publish'])
    await life.settle(0)
    await life.settle(1)
    expect(await outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { kind: 'serialize', integration: 'events' } },
      { status: 'fulfilled' },
    ])
  })
})
