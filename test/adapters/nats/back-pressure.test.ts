import { expect, test } from 'vitest'
import { natsAdapter } from '../../../src/adapters/nats/adapter.js'
import { ReadGate } from '../../../src/adapters/nats/client/read-gate.js'
import { natsManifest } from '../../../src/adapters/nats/manifest.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { ManualClock } from '../../../src/testing/index.js'
import { adapterContext, settingsFor, until, within } from '../../support/adapter-context.js'
import { atEnd, collector, serverFor, stranger } from './harness.js'

const PATIENCE_MS = 2_000
const KILOBYTE = Buffer.alloc(1_024)

/** A connected adapter whose time passes when the test says so. */
async function rig() {
  const server = await serverFor()
  const clock = new ManualClock()
  const endpoint = { addresses: ['127.0.0.1'], port: server.port }
  const context = adapterContext(settingsFor(natsManifest, { endpoint }), 'rig', clock)
  const adapter = natsAdapter(context)
  atEnd(() => adapter.disconnect())
  await adapter.connect(within().signal)
  return { adapter, context, clock, client: await stranger(server) }
}

test('the socket is not read while a receiver is full, and nothing is lost', async () => {
  const { adapter, context, client } = await rig()
  let room = false
  const slow = collector(() => room)
  const subscription = await adapter.pubsub!.subscribe('slow', {}, slow.sink, within())
  const TOTAL = 20_000
  for (let n = 0; n < TOTAL; n++) client.publish('slow', KILOBYTE)
  await client.flush()
  // A round trip over the connection that is always read: everything is at the server by now.
  await adapter.ping!(within().signal)
  // What was read in one go is delivered, and no more.
  expect(slow.messages.length).toBeLessThan(200)
  room = true
  subscription.resume()
  await until(() => slow.messages.length === TOTAL, 'all of them')
  expect(context.records).toEqual([])
  expect(context.lost).toEqual([])
})

test('calls and queues go on while a subscriber is full', async () => {
  const { adapter, client } = await rig()
  const slow = collector(() => false)
  await adapter.pubsub!.subscribe('slow', {}, slow.sink, within())
  client.subscribe('echo', { callback: (_, message) => void message.respond(message.data) })
  for (let n = 0; n < 1_000; n++) client.publish('slow', KILOBYTE)
  await client.flush()
  expect(await adapter.rpc!.call('echo', 'still here', within())).toBe('still here')
  expect(await adapter.queue!.enqueue('jobs', KILOBYTE, {}, within())).toBe('jobs:1')
})

test('a receiver that stays full misses what comes, which is counted, and its neighbour does not', async () => {
  const { adapter, context, clock, client } = await rig()
  let room = false
  const [slow, quick] = [collector(() => room), collector()]
  const subscription = await adapter.pubsub!.subscribe('slow', {}, slow.sink, within())
  await adapter.pubsub!.subscribe('quick', {}, quick.sink, within())
  client.publish('slow')
  await until(() => slow.messages.length === 1, 'the first message')
  for (let n = 0; n < 50; n++) client.publish(n % 2 === 0 ? 'slow' : 'quick')
  await client.flush()
  await clock.advance(PATIENCE_MS)
  await until(() => quick.messages.length === 25, 'the messages of the neighbour')
  expect(slow.messages).toHaveLength(1)
  room = true
  subscription.resume()
  client.publish('slow')
  await until(() => slow.messages.length === 2, 'the next message')
  const counted = slow.lost.reduce((sum, [count]) => sum + count, 0)
  expect([counted, quick.lost]).toEqual([25, []])
  expect(slow.lost[0]![1]).toContain('no room for longer than')
  expect(context.lost).toEqual([])
})

test('a service that stays full tells its callers so', async () => {
  const { adapter, clock, client } = await rig()
  const full = collector<InboundRequest>(() => false)
  await adapter.service!.serve('busy', full.sink, within())
  const first = client.request('busy', '1', { timeout: 10_000 })
  await until(() => full.messages.length === 1, 'the first request')
  const second = client.request('busy', '2', { timeout: 10_000 })
  await client.flush()
  await clock.advance(PATIENCE_MS)
  expect((await second).headers?.get('Nats-Service-Error-Code')).toBe('503')
  await full.messages[0]!.answer({ ok: true, value: 'late' })
  expect((await first).json()).toBe('late')
})

test('reading stops for each receiver that is full, and for none of them for long', async () => {
  const clock = new ManualClock()
  const told: string[] = []
  const gate = new ReadGate({ pause: () => told.push('pause'), resume: () => told.push('resume') }, clock)
  const [first, second] = [gate.hold(), gate.hold()]
  first.release()
  first.release()
  expect([gate.paused, told]).toEqual([true, ['pause']])
  second.release()
  expect([gate.paused, told]).toEqual([false, ['pause', 'resume']])
  await clock.advance(PATIENCE_MS)
  expect(told.splice(0)).toHaveLength(2)

  const long = gate.hold()
  await clock.advance(PATIENCE_MS)
  expect([gate.paused, long.spent, told.splice(0)]).toEqual([false, true, ['pause', 'resume']])
  const short = gate.hold()
  expect([gate.paused, short.spent]).toEqual([true, false])
  long.release()
  expect(gate.paused).toBe(true)
  short.release()
  expect(told.splice(0)).toEqual(['pause', 'resume'])
  gate.hold()
  gate.close()
  await clock.advance(PATIENCE_MS)
  expect(told).toEqual(['pause'])
})
