import { afterEach, expect, test } from 'vitest'
import type { InboundMessage, MessageSink } from '../../src/core/adapter/inbound.js'
import type { InboundDelivery } from '../../src/core/adapter/queue-facet.js'
import type { InboundRequest } from '../../src/core/adapter/service-facet.js'
import { AuthError, ConnectionError } from '../../src/core/errors/connection.js'
import { UnsupportedError } from '../../src/core/errors/operation.js'
import { SubscribeError } from '../../src/core/errors/pubsub.js'
import { DequeueError } from '../../src/core/errors/queue.js'
import { RpcError } from '../../src/core/errors/rpc.js'
import { newCredit } from '../../src/mailbox/credit.js'
import { decodeError } from '../../src/mailbox/error-codec.js'
import type { SourceSpec } from '../../src/mailbox/protocol.js'
import { actorRig } from './rig.js'

const rigs: { end(): void }[] = []
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.end()
})

type Sink = MessageSink<InboundMessage & InboundDelivery & InboundRequest>

/** An actor with one open source. `refusal` is what the other side answers the next attempts with. */
async function opened(verb: 'subscribe' | 'consume' | 'serve') {
  const sinks: Sink[] = []
  const state: { refusal?: Error; attempts: number; closed: number } = { attempts: 0, closed: 0 }
  const open = async (sink: unknown) => {
    state.attempts++
    if (state.refusal !== undefined) throw state.refusal
    sinks.push(sink as Sink)
    return { resume: () => {}, request: () => {}, close: async () => void state.closed++ }
  }
  const rig = actorRig(
    {},
    {
      service: { serve: (_, sink) => open(sink) },
      pubsub: { publish: () => undefined, subscribe: (_, __, sink) => open(sink) },
      queue: { enqueue: async () => '', consume: (_, sink) => open(sink) },
    },
  )
  rigs.push(rig)
  const source = {
    id: 1,
    credit: newCredit(),
    window: { messages: 10, bytes: 10_000 },
    decode: 'value',
    overflow: 'block',
    kind: { subscribe: 'topic', consume: 'queue', serve: 'service' }[verb],
  } as unknown as SourceSpec
  await rig.connected()
  await rig.send(verb, 't', undefined, { source })
  const end = async (error: Error) => {
    sinks.at(-1)!.end(error)
    await rig.quiet()
  }
  const ends = () =>
    rig.notices.flatMap((notice) =>
      notice.kind === 'source-ended' ? [decodeError(notice.error, 'rig')] : [],
    )
  return { rig, sinks, state, end, ends }
}

const REFUSALS = [
  new AuthError('NOPERM this user has no permissions'),
  new SubscribeError('t', 'the server refused the subscription'),
  new ConnectionError('pool_size (2) reached', { retryable: false }),
  new ConnectionError('the connection broke'),
]

test.each(REFUSALS)('a served method that ends with "$message" is served again, each time', async (error) => {
  const { rig, sinks, end, ends, state } = await opened('serve')
  for (let n = 1; n <= 5; n++) {
    await end(error)
    expect(sinks).toHaveLength(n)
    await rig.advance(5_000)
    expect(sinks).toHaveLength(n + 1)
  }
  // What the other side may still have of the earlier ones is closed.
  expect(state.closed).toBe(5)
  expect(ends()).toEqual([])
})

test('a served method that is refused again and again is tried with a growing delay, and the log says why', async () => {
  const { rig, sinks, end, ends, state } = await opened('serve')
  state.refusal = REFUSALS[0]!
  await end(REFUSALS[0]!)
  await rig.advance(60_000)
  // 100 ms, 200 ms and so on, then every 5 seconds, a little less by the jitter.
  expect(state.attempts).toBeGreaterThan(15)
  expect(state.attempts).toBeLessThan(25)
  const about = { method: 't', reason: 'NOPERM this user has no permissions' }
  const refused = { level: 'error', message: 'cannot serve t; trying again', ...about }
  expect(rig.logged).toEqual([refused])

  delete state.refusal
  await rig.advance(5_000)
  expect(sinks).toHaveLength(2)
  await rig.advance(10_000)
  expect(rig.logged).toEqual([refused, { level: 'info', message: 'serving t again', method: 't' }])
  expect(ends()).toEqual([])
})

test('one that is granted and ends at once is not spun on', async () => {
  const { rig, sinks, end } = await opened('serve')
  for (let passed = 0; passed < 60_000; passed += 50) {
    const before = sinks.length
    await rig.advance(50)
    if (sinks.length > before || passed === 0) await end(REFUSALS[1]!)
  }
  expect(sinks.length).toBeLessThan(25)
  expect(rig.logged).toHaveLength(1)
})

test('one that cannot heal ends with its error', async () => {
  const { rig, sinks, end, ends } = await opened('serve')
  await end(new UnsupportedError('serve over MQTT 3.1.1'))
  await rig.advance(60_000)
  expect(sinks).toHaveLength(1)
  expect(ends()).toMatchObject([{ kind: 'unsupported' }])
})

test('a served method that the next connection refuses is tried again', async () => {
  const { rig, sinks, state, ends } = await opened('serve')
  state.refusal = REFUSALS[1]!
  await rig.lost(new ConnectionError('gone'))
  await rig.advance(1_000)
  await rig.connected()
  await rig.advance(10_000)
  expect(rig.logged).toMatchObject([{ level: 'error', method: 't' }])
  delete state.refusal
  await rig.advance(10_000)
  expect(sinks).toHaveLength(2)
  expect(ends()).toEqual([])
})

test.each(['subscribe', 'consume'] as const)(
  'a source of %s is opened again after an error that may pass',
  async (verb) => {
    const { rig, sinks, end, ends } = await opened(verb)
    const passing = new DequeueError('t', 'OOM command not allowed', { retryable: true })
    await end(passing)
    await rig.advance(1_000)
    expect(sinks).toHaveLength(2)
    expect(rig.logged).toMatchObject([{ level: 'warn', reason: passing.message }])
    // Messages of the time between are missing, unless a queue keeps them.
    expect(rig.notices.filter(({ kind }) => kind === 'gap')).toHaveLength(verb === 'subscribe' ? 1 : 0)

    await end(new RpcError(5, 'no such thing'))
    await rig.advance(60_000)
    expect(sinks).toHaveLength(2)
    expect(ends()).toMatchObject([{ kind: 'rpc', code: 5 }])
  },
)
