import { afterEach, expect, test } from 'vitest'
import type { InboundMessage, MessageSink } from '../../src/core/adapter/inbound.js'
import type { SubscribeOptions } from '../../src/core/adapter/pubsub-facet.js'
import { ConnectionError } from '../../src/core/errors/connection.js'
import { ShutdownError } from '../../src/core/errors/lifecycle.js'
import { RpcError } from '../../src/core/errors/rpc.js'
import { CreditGiver, newCredit } from '../../src/mailbox/credit.js'
import { decodeError } from '../../src/mailbox/error-codec.js'
import type { ActorNotice, SourceSpec } from '../../src/mailbox/protocol.js'
import { actorRig } from './rig.js'

const rigs: { end(): void }[] = []
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.end()
})

/** An actor with one subscription, whose other end is in the hands of the test. */
async function subscribed(given: Partial<SourceSpec> = {}) {
  const opened: { readonly sink: MessageSink<InboundMessage>; readonly options: SubscribeOptions }[] = []
  const rig = actorRig(
    {},
    {
      pubsub: {
        publish: () => undefined,
        subscribe: async (_, options, sink) => {
          opened.push({ sink, options })
          return { resume: () => {}, close: async () => {} }
        },
      },
    },
  )
  rigs.push(rig)
  const credit = newCredit()
  const giver = new CreditGiver(credit)
  const window = { messages: 2, bytes: 10_000 }
  const source = {
    id: 1,
    kind: 'topic',
    credit,
    window,
    decode: 'value',
    overflow: 'block',
    ...given,
  } as const
  await rig.connected()
  await rig.send('subscribe', 't', undefined, { source })
  const end = async (error: Error) => {
    opened.at(-1)!.sink.end(error)
    await rig.quiet()
  }
  const ends = () =>
    rig.notices
      .filter(
        (notice): notice is Extract<ActorNotice, { kind: 'source-ended' }> => notice.kind === 'source-ended',
      )
      .map(({ error }) => decodeError(error, 'rig'))
  return { rig, opened, giver, end, ends }
}

const message = (n: number): InboundMessage => ({ topic: 't', payload: new TextEncoder().encode(String(n)) })

test('what came before the end of a subscription is delivered before it, however long the host takes', async () => {
  const { rig, opened, giver, end, ends } = await subscribed()
  for (const n of [0, 1, 2, 3]) opened[0]!.sink.deliver(message(n))
  await end(new ShutdownError())
  expect(ends()).toEqual([])
  expect(rig.gauges.depths.deliveries).toBe(2)
  giver.give(2, 2)
  await rig.send('ack', '', 99)
  expect(rig.gauges.depths.deliveries).toBe(0)
  expect(ends()).toEqual([expect.any(ShutdownError)])
  expect(opened[0]!.sink.deliver(message(4))).toBe(true)
  expect(rig.gauges.counts().delivered).toBe(4)
})

test('a conflated subscription gives its newest message before its end', async () => {
  const { rig, opened, end, ends } = await subscribed({ conflateMs: 1_000 })
  for (const n of [0, 1, 2]) opened[0]!.sink.deliver(message(n))
  await end(new ShutdownError())
  expect(rig.gauges.counts().delivered).toBe(1)
  expect(ends()).toHaveLength(1)
})

test('a subscription that ends for want of a connection is asked for again, as it was', async () => {
  const { rig, opened, end, ends } = await subscribed({ params: { id: 7 }, headers: { a: 'b' } })
  for (let again = 1; again <= 3; again++) {
    await end(new ConnectionError('the stream broke'))
    expect(opened).toHaveLength(again)
    await rig.advance(1_000)
    expect(opened).toHaveLength(again + 1)
  }
  expect(opened.at(-1)!.options).toEqual({ params: { id: 7 }, headers: { a: 'b' } })
  expect(ends()).toEqual([])
  opened.at(-1)!.sink.deliver(message(1))
  expect(rig.gauges.counts().delivered).toBe(1)
})

test('one that ends again and again is asked for ever less often, until it has lasted', async () => {
  const { rig, opened, end } = await subscribed({ params: {} })
  /** Ends it. @returns after how many milliseconds it was asked for again */
  const pause = async () => {
    const before = opened.length
    await end(new ConnectionError('the stream broke'))
    let waited = 0
    for (; opened.length === before && waited < 60_000; waited += 50) await rig.advance(50)
    return waited
  }
  const pauses: number[] = []
  for (let n = 0; n < 8; n++) pauses.push(await pause())
  expect(pauses[0]).toBeLessThanOrEqual(250)
  for (const [n, ms] of pauses.slice(0, 4).entries()) expect(pauses[n + 1]).toBeGreaterThan(ms)
  expect(pauses[7]).toBeGreaterThanOrEqual(4_000)
  await rig.advance(30_000)
  expect(await pause()).toBeLessThanOrEqual(250)
})

test('one that ends while the connection is lost is restored by the next connection, once', async () => {
  const { rig, opened, end, ends } = await subscribed({ params: {} })
  await rig.lost(new ConnectionError('gone'))
  await end(new ConnectionError('the stream broke'))
  await rig.advance(1_000)
  await rig.connected()
  await rig.advance(1_000)
  expect(opened).toHaveLength(2)
  expect(ends()).toEqual([])
})

test('any other end is for good', async () => {
  const { rig, opened, end, ends } = await subscribed({ params: {} })
  await end(new RpcError(5, 'no such thing'))
  await rig.advance(10_000)
  expect(opened).toHaveLength(1)
  expect(ends()).toMatchObject([{ kind: 'rpc', code: 5 }])
})
