import { receiveMessageOnPort } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ConnectionError } from '../../src/core/errors/connection.js'
import type { IntegrationSettings } from '../../src/core/settings/integration.js'
import { ActorRef } from '../../src/ledger/actor-ref.js'
import { Bell } from '../../src/mailbox/bell.js'
import { type ChannelEnd, openChannel } from '../../src/mailbox/channel.js'
import { encodeError } from '../../src/mailbox/error-codec.js'
import { Gauges } from '../../src/mailbox/gauges.js'
import { type ActorBatch, type RequestBatch, VERBS } from '../../src/mailbox/protocol.js'
import { Turn } from '../../src/mailbox/turn.js'
import { ManualClock, settled } from '../../src/testing/index.js'
import { integrationSettings } from '../support/adapter-context.js'

const ports: ChannelEnd[] = []
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
    {
      settings: integrationSettings({ name: 'events', timeoutMs: 1_000, ...given }),
      protocol: { name: 'test', capabilities: ['publish', 'subscribe'], formats: ['json'] },
      poisonThreshold: 3,
    },
    clock,
    new Turn(clock, 4),
    { notice: () => {}, poison: ({ target }, deaths) => poisoned.push([target, deaths]) },
  )
  const ended: string[] = []
  const handler = {
    receive: () => {},
    dropped: () => {},
    restarted: () => {},
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
    const { host, actor } = openChannel()
    ports.push(actor)
    const gauges = new Gauges()
    ref.attach(host, gauges)
    const bell = new Bell(new Int32Array(host.bells), 0)
    const asked: { seq: number; verb: string }[] = []
    const values = new Map<string, unknown[]>()
    return {
      gauges,
      /** What it was asked, by verb. */
      values,
      async asked() {
        await quiet()
        for (let next = receiveMessageOnPort(actor.port); next; next = receiveMessageOnPort(actor.port)) {
          const { first, verbs, values: sent } = next.message as RequestBatch
          verbs.forEach((number, i) => {
            const verb = VERBS[number]!
            asked.push({ seq: first + i, verb })
            values.set(verb, [...(values.get(verb) ?? []), sent[i]])
          })
        }
        return asked.map(({ verb }) => verb)
      },
      say(batch: ActorBatch, how: 'aloud' | 'silently' = 'aloud') {
        actor.port.postMessage(batch)
        if (how === 'aloud') bell.ring()
      },
      async settle(index: number) {
        actor.port.postMessage({ ...NOTHING, done: [asked[index]!.seq, 1] } satisfies ActorBatch)
        bell.ring()
        await quiet()
      },
    }
  }
  /** A source that one life has granted, and the life after it. */
  async function restarted() {
    const first = begin()
    const opening = ref.open('consume', 'q', wanted, handler)
    await first.asked()
    await first.settle(0)
    const source = await opening
    ref.detach('boom')
    return { source, second: begin() }
  }
  return { clock, ref, begin, restarted, handler, ended, quiet, poisoned }
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

  test('a source that is closed before its new actor has opened it is not opened, by that actor or the next', async () => {
    const { ref, begin, restarted } = rig()
    const { source, second } = await restarted()
    expect(await second.asked()).toEqual(['consume'])
    const closing = source.close()
    expect(await second.asked()).toEqual(['consume', 'cancel', 'unsubscribe'])
    expect(second.values.get('cancel')).toEqual([0])
    ref.detach('boom')
    await closing
    expect(await begin().asked()).toEqual([])
  })

  test('a source that is closed while the request to open it again waits for an actor is not opened', async () => {
    const { clock, restarted } = rig({ mailbox: { messages: 1, bytes: 1_000, overflow: 'reject' } })
    const { source, second } = await restarted()
    // Before it is posted.
    const closing = source.close()
    expect(await second.asked()).toEqual(['unsubscribe'])
    await second.settle(0)
    await closing
    await clock.advance(60_000)
    expect(await second.asked()).toEqual(['unsubscribe'])
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
    expect(await life.asked()).toEqual(['receive', 'cancel', 'detach'])
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

  test('a value that was transferred away, or throws when it is read, fails alone', async () => {
    const { ref, begin } = rig()
    const life = begin()
    const gone = new Uint8Array(4)
    structuredClone(gone.buffer, { transfer: [gone.buffer] })
    const trap = {
      getPrototypeOf() {
        throw new Error('trap')
      },
    }
    const values = [1, gone, new Proxy({}, trap), 2]
    const outcomes = Promise.allSettled(values.map((value) => ref.request('publish', 't', value)))
    expect(await life.asked()).toEqual(['publish', 'publish'])
    await life.settle(0)
    await life.settle(1)
    const statuses = (await outcomes).map((each) => (each.status === 'fulfilled' ? 'ok' : each.reason.kind))
    expect(statuses).toEqual(['ok', 'serialize', 'serialize', 'ok'])
  })
})

describe('the message of a receive whose caller has gone', () => {
  const message = { topic: 'q', value: 1, extras: { token: 7, attempt: 1 } }
  function answered(seq: number): ActorBatch {
    return { ...NOTHING, replies: { seqs: [seq], values: [message] } }
  }

  test('goes back when its signal aborts while the answer waits at the host', async () => {
    const { ref, begin, quiet } = rig()
    const life = begin()
    const abort = new AbortController()
    const receive = ref.request('receive', 'q', undefined, undefined, { signal: abort.signal })
    await life.asked()
    life.say(answered(0))
    abort.abort()
    await expect(receive).rejects.toMatchObject({ kind: 'cancelled' })
    await quiet()
    const asked = await life.asked()
    expect(asked).toEqual(['receive', 'cancel', 'undelivered'])
    expect(life.values.get('undelivered')).toEqual([7])
  })

  test('goes back when the host timed it out, and when the mailbox evicted it', async () => {
    const { ref, begin, clock } = rig({ mailbox: { messages: 1, bytes: 1_000, overflow: 'drop-oldest' } })
    const life = begin()
    const first = ref.request('receive', 'q', undefined, undefined, { timeoutMs: 100 })
    await life.asked()
    await clock.advance(200)
    expect(await first).toBeNull()
    life.say(answered(0))
    expect(await life.asked()).toEqual(['receive', 'expire', 'undelivered'])
    await life.settle(1)
    await life.settle(2)
    const second = ref.request('receive', 'q', undefined)
    const evicted = second.catch((error: { kind: string }) => error.kind)
    await life.asked()
    const publish = ref.request('publish', 't', 1)
    expect(await evicted).toBe('mailbox-full')
    life.say(answered(3))
    await life.asked()
    expect(life.values.get('undelivered')).toEqual([7, 7])
    publish.catch(() => {})
    ref.stop()
  })

  test('is no business of the next life', async () => {
    const { ref, begin } = rig()
    const life = begin()
    const abort = new AbortController()
    const receive = ref.request('receive', 'q', undefined, undefined, { signal: abort.signal })
    await life.asked()
    abort.abort()
    await expect(receive).rejects.toMatchObject({ kind: 'cancelled' })
    life.say(answered(0))
    ref.detach('boom')
    const next = begin()
    expect(await next.asked()).toEqual([])
    // The same number means another request there.
    const call = ref.request('call', 'm', undefined)
    await next.asked()
    next.say(answered(0))
    expect(await call).toEqual(message)
    expect(await next.asked()).toEqual(['call'])
  })

  test('settlements that the dead actor had not received answer false, and do not reach its successor', async () => {
    const { ref, begin } = rig()
    begin()
    const ack = ref.settle('ack', 1, 7)
    ref.detach('boom')
    const next = begin()
    expect(await ack).toBe(false)
    expect(await next.asked()).toEqual([])
  })

  test('leaves nothing behind, on the host or on the signal', async () => {
    const { ref, begin } = rig()
    const life = begin()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const receives = [1, 2, 3].map(() => ref.request('receive', 'q', undefined, undefined, { signal }))
    await life.asked()
    life.say({ ...NOTHING, replies: { seqs: [0, 1, 2], values: [null, null, null] } })
    expect(await Promise.all(receives)).toEqual([null, null, null])
    expect(removed.mock.calls.length).toBe(added.mock.calls.length)
    expect(ref.depth).toEqual({ waiting: 0, posted: 0 })
  })

  test('a receive without time asks the actor all the same', async () => {
    const { ref, begin, clock } = rig()
    const life = begin()
    const receive = ref.request('receive', 'q', undefined, undefined, { timeoutMs: 0 })
    await clock.advance(500)
    expect(await life.asked()).toEqual(['receive'])
    life.say(answered(0))
    expect(await receive).toEqual({ life: 1, message })
  })
})

describe('the time-out of a request that its actor does not answer', () => {
  const LATEST_MS = 100

  test.each(['call', 'publish', 'enqueue', 'receive', 'subscribe'] as const)(
    'of %s is punctual, and the actor learns that it is over',
    async (verb) => {
      const { ref, begin, clock } = rig()
      const life = begin()
      const outcome = ref.request(verb, 't', 1, undefined, { timeoutMs: 200 }).catch(({ kind }) => kind)
      let state = 'in flight'
      outcome.finally(() => (state = 'settled'))
      await life.asked()
      await clock.advance(199)
      expect(state).toBe('in flight')
      await clock.advance(1 + LATEST_MS)
      expect(state).toBe('settled')
      expect(await outcome).toBe(verb === 'receive' ? null : 'timeout')
      expect(await life.asked()).toEqual([verb, 'expire'])
      expect(life.values.get('expire')).toEqual([0])
      expect(ref.depth).toEqual({ waiting: 0, posted: 1 })
      await life.settle(1)
      expect(ref.depth).toEqual({ waiting: 0, posted: 0 })
    },
  )

  test('of the integration is punctual too', async () => {
    const { ref, begin, clock } = rig({ timeoutMs: 200 })
    const life = begin()
    const outcome = ref.request('call', 'm', undefined).catch(({ message }) => message)
    await life.asked()
    await clock.advance(200 + LATEST_MS)
    expect(await outcome).toBe('call m timed out after 200 ms')
  })

  test('comes second if the answer has arrived but was not read, and settles nothing twice', async () => {
    const { ref, begin, clock } = rig()
    const life = begin()
    const first = ref.request('call', 'm', undefined, undefined, { timeoutMs: 200 })
    const second = ref
      .request('call', 'm', undefined, undefined, { timeoutMs: 200 })
      .catch(({ kind }) => kind)
    await life.asked()
    // Posted without the bell, so that only the check of time-outs finds it.
    life.say({ ...NOTHING, replies: { seqs: [0], values: ['in time'] } }, 'silently')
    await clock.advance(200 + LATEST_MS)
    expect([await first, await second]).toEqual(['in time', 'timeout'])
    life.say({ ...NOTHING, replies: { seqs: [1], values: ['too late'] } })
    expect(await life.asked()).toEqual(['call', 'call', 'expire'])
    expect(await second).toBe('timeout')
  })
})

describe('an address that drains', () => {
  test('ends its sources without a word to the broker, and opens none; other requests go on', async () => {
    const { ref, begin, handler, ended } = rig()
    const life = begin()
    const opening = ref.open('subscribe', 't', wanted, handler)
    await life.asked()
    await life.settle(0)
    const source = await opening
    ref.startDraining()
    ref.startDraining()
    expect(ended).toEqual(['the gateway is shut down'])
    await source.close()
    const publish = ref.request('publish', 't', 1)
    await expect(ref.open('subscribe', 'u', wanted, handler)).rejects.toMatchObject({ kind: 'shutdown' })
    await expect(ref.request('receive', 'q', undefined)).rejects.toMatchObject({ kind: 'shutdown' })
    expect(await life.asked()).toEqual(['subscribe', 'detach', 'publish'])
    ref.detach('boom')
    const next = begin()
    expect(await next.asked()).toEqual(['publish'])
    await next.settle(0)
    await publish
    ref.closeIntake()
    await expect(ref.request('publish', 't', 1)).rejects.toMatchObject({ kind: 'shutdown' })
  })

  test('what was on its way still reaches its handler, which gives it back', async () => {
    const { ref, begin, handler, quiet } = rig()
    const received: number[] = []
    const life = begin()
    const opening = ref.open('subscribe', 't', wanted, {
      ...handler,
      receive: ({ count }) => received.push(count),
    })
    await life.asked()
    await life.settle(0)
    await opening
    ref.startDraining()
    const run = { source: 1, count: 2, topics: [], payload: NO_VALUES, bytes: 0, extras: undefined }
    life.say({ ...NOTHING, runs: [run] })
    await quiet()
    expect(received).toEqual([2])
  })
})

test('a request that the host times out says how long it took and why there was no connection', async () => {
  const { ref, begin, clock } = rig()
  const life = begin()
  const error = encodeError(new ConnectionError('refused'))
  life.say({ ...NOTHING, notices: [{ kind: 'connection', state: 'reconnecting', attempt: 1, error }] })
  const publish = ref.request('publish', 't', 1, undefined, { timeoutMs: 100 }).catch((thrown) => thrown)
  await life.asked()
  await clock.advance(5_000)
  expect(await publish).toMatchObject({
    kind: 'timeout',
    message: 'publish t timed out after 100 ms; there is no connection: refused',
    cause: { message: 'refused' },
  })
})
