import { expect, test } from 'vitest'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { until, within } from '../../support/adapter-context.js'
import { fakeServer } from './fake-server.js'
import { collector, connected, serverFor, stranger } from './harness.js'
import { consume, send } from './queues.js'

test('the loss of the subscriber connection is a gap of its subscriptions alone', async () => {
  const { port, sockets } = await fakeServer()
  const { adapter, context } = await connected({ port })
  const [one, two] = [collector(), collector()]
  await adapter.pubsub.subscribe('one', {}, one.sink, within())
  const closed = await adapter.pubsub.subscribe('two', {}, two.sink, within())
  await closed.close()
  expect(sockets).toHaveLength(2)
  sockets[1]!.destroy()
  await until(() => one.ended.length === 1, 'the end of the subscription')
  expect(one.lost).toEqual([[0, expect.stringContaining('messages published while disconnected are lost')]])
  expect(one.ended[0]).toBeInstanceOf(ConnectionError)
  expect([two.lost, two.ended]).toEqual([[], []])
  await adapter.ping(within().signal)
  expect(context.lost).toEqual([])
  // It is asked for again, over a new connection.
  await adapter.pubsub.subscribe('one', {}, one.sink, within())
  expect(sockets).toHaveLength(3)
})

test('a subscriber that the server cuts for being slow has a gap; queues and calls go on', async () => {
  const server = await serverFor({ config: ['max_pending: 2000000', 'write_deadline: "50ms"'] })
  const rig = await connected({ port: server.port })
  const slow = collector(() => false)
  await rig.adapter.pubsub.subscribe('slow', {}, slow.sink, within())
  await send(rig, 'jobs', 'x')
  const { messages } = await consume(rig, 'jobs', 1)
  await until(() => messages.length === 1, 'a job')
  const client = await stranger(server)
  const payload = Buffer.alloc(200_000)
  await until(() => {
    for (let n = 0; n < 20; n++) client.publish('slow', payload)
    return slow.ended.length > 0
  }, 'the server to cut it')
  expect(slow.lost.at(-1)![0]).toBe(0)
  await messages[0]!.ack()
  await rig.adapter.ping(within().signal)
  expect(rig.context.lost).toEqual([])
})

test('the loss of all connections is a gap, and the actor asks for the subscriptions again', async () => {
  const server = await serverFor()
  const { adapter, context } = await connected({ port: server.port })
  const { lost, ended, sink } = collector()
  await adapter.pubsub.subscribe('t', {}, sink, within())
  await server.kill()
  await until(() => context.lost.length === 1 && lost.length === 1, 'the loss')
  expect(lost[0]![0]).toBe(0)
  await adapter.disconnect()
  // The connection that was lost may have been the one of the subscription: it is asked for again all the same.
  for (const error of ended) expect(error).toBeInstanceOf(ConnectionError)
})

test('an orderly end is not a gap', async () => {
  const server = await serverFor()
  const { adapter } = await connected({ port: server.port })
  const { lost, ended, sink } = collector()
  await adapter.pubsub.subscribe('t', {}, sink, within())
  await adapter.disconnect()
  expect([lost, ended]).toEqual([[], []])
})

test('a server that is about to end is left when the jobs in hand are done', async () => {
  const server = await serverFor({ config: ['lame_duck_duration: "30s"', 'lame_duck_grace_period: "10s"'] })
  const rig = await connected({ port: server.port, config: { prefetch: 2 } })
  for (const content of ['a', 'b', 'c']) await send(rig, 'jobs', content)
  const { messages } = await consume(rig, 'jobs', 1)
  await until(() => messages.length === 1 && rig.context.budget.held === 2, 'the jobs')
  server.lameDuck()
  // What was prefetched goes back at once.
  await until(() => rig.context.budget.held === 0, 'the others to go back')
  expect(rig.context.lost).toEqual([])
  await messages[0]!.ack()
  await until(() => rig.context.lost.length === 1, 'the farewell')
  expect(rig.context.lost[0]!.message).toContain('lame duck')
  expect(messages).toHaveLength(1)
})
