import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { atEnd, connected, type Rig, serverFor, stranger, text } from './harness.js'
import { consume, next, send } from './queues.js'

/** Deliveries that the server has counted, of the only message of a queue. */
async function delivered(server: { port: number }): Promise<number> {
  const manager = await jetstreamManager(await stranger(server))
  return (await manager.consumers.info('jobs', 'nemo-jobs')).delivered.consumer_seq
}

test('a message that nobody has seen comes again at once, and its attempts do not count it', async () => {
  const rig = await connected({ port: (await serverFor()).port, config: { consumer: { ack_wait: '1h' } } })
  await send(rig, 'jobs', 'x')
  const { consumer, messages } = await consume(rig, 'jobs', 1)
  for (let n = 0; n < 3; n++) {
    await until(() => messages.length === n + 1, `delivery ${n + 1}`)
    await messages[n]!.undelivered!()
    consumer.request(1)
  }
  await until(() => messages.length === 4, 'the fourth delivery')
  await messages[3]!.nack(0)
  consumer.request(1)
  await until(() => messages.length === 5, 'the fifth delivery')
  expect(messages.map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual([
    [1, false],
    [1, false],
    [1, false],
    [1, false],
    [2, true],
  ])
  await messages[4]!.ack()
})

test('of several settlements the first counts', async () => {
  const rig = await connected({ port: (await serverFor()).port, config: { consumer: { ack_wait: '1h' } } })
  await send(rig, 'jobs', 'x')
  const { consumer, messages } = await consume(rig, 'jobs', 1)
  await until(() => messages.length === 1, 'the delivery')
  await messages[0]!.undelivered!()
  await messages[0]!.ack()
  await messages[0]!.nack(60_000)
  consumer.request(1)
  await until(() => messages.length === 2, 'the second delivery')
  await messages[1]!.ack()
  await messages[1]!.undelivered!()
})

test('a message given back goes to another consumer of the connection, without the server', async () => {
  const server = await serverFor()
  const rig = await connected({ port: server.port, config: { consumer: { ack_wait: '1h' } } })
  await send(rig, 'jobs', 'x')
  const giver = await consume(rig, 'jobs', 1)
  await until(() => giver.messages.length === 1, 'the delivery')
  const taker = await consume(rig, 'jobs', 1)
  await giver.messages[0]!.undelivered!()
  expect(taker.messages.map(({ attempt, payload }) => [attempt, text(payload)])).toEqual([[1, 'x']])
  expect(await delivered(server)).toBe(1)
  // It belongs to the taker now: the end of the giver changes nothing.
  await giver.consumer.close()
  await taker.messages[0]!.ack()
})

test('a consumer of another process is informed of what nobody has seen', async () => {
  const { port } = await serverFor()
  const config = { consumer: { ack_wait: '1h', max_deliver: 1, dead_letter: 'morgue' } }
  const [giver, other] = [await connected({ port, config }), await connected({ port, config })]
  const elsewhere = await consume(other, 'jobs')
  await send(giver, 'jobs', 'x')
  const { consumer, messages } = await consume(giver, 'jobs', 1)
  await until(() => messages.length === 1, 'the delivery')
  await consumer.close()
  await messages[0]!.undelivered!()
  elsewhere.consumer.request(1)
  await until(() => elsewhere.messages.length === 1, 'the message elsewhere')
  expect(elsewhere.messages[0]!.attempt).toBe(1)
  await elsewhere.messages[0]!.ack()
  expect(other.context.letters).toEqual([])
})

test('a server that does not permit the reports between processes changes nothing else', async () => {
  const permissions =
    'permissions: { publish: { deny: "_INBOX.undelivered.>" }, subscribe: { deny: "_INBOX.undelivered.>" } }'
  const server = await serverFor({
    config: [`authorization { users: [ { user: "u", password: "p", ${permissions} } ] }`],
  })
  const auth = { type: 'basic', username: 'u', password: 'p' } as const
  const rig = await connected({ port: server.port, auth })
  await send(rig, 'jobs', 'x')
  const { consumer, messages, ended } = await consume(rig, 'jobs', 1)
  for (let n = 0; n < 2; n++) {
    await until(() => messages.length === n + 1, `delivery ${n + 1}`)
    await messages[n]!.undelivered!()
    consumer.request(1)
  }
  await until(() => messages.length === 3, 'the third delivery')
  expect(messages.map(({ attempt }) => attempt)).toEqual([1, 1, 1])
  await messages[2]!.ack()
  expect([ended, rig.context.records, rig.context.lost]).toEqual([[], [], []])
})

test.each([0, 5])(
  'a consumer that closes gives back what it was not asked for (prefetch %i)',
  async (prefetch) => {
    const { port } = await serverFor()
    const config = { prefetch, consumer: { ack_wait: '1h' } }
    const [first, second] = [await connected({ port, config }), await connected({ port, config })]
    const standing = await consume(second, 'jobs')
    for (let n = 0; n < 8; n++) await send(first, 'jobs', String(n))
    const { consumer, messages } = await consume(first, 'jobs', 3)
    await until(() => messages.length === 3, 'three messages')
    for (const message of messages) await message.ack()
    // Demand that nothing answers: the pull request must not take a message after the close.
    consumer.request(1)
    await until(() => messages.length === 4, 'the fourth message')
    consumer.request(50)
    await consumer.close()
    const early = messages.slice(3)
    for (const message of early) await message.undelivered!()
    standing.consumer.request(10)
    await until(() => standing.messages.length === 5, 'all that is left')
    expect(standing.messages.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1])
    expect(standing.messages.map(({ payload }) => text(payload)).sort()).toEqual(['3', '4', '5', '6', '7'])
    for (const message of standing.messages) await message.ack()
  },
)

test('a consumer that closed takes nothing more, and leaves no subscription', async () => {
  const { port } = await serverFor({ config: ['http: "127.0.0.1:0"'] })
  const config = { consumer: { ack_wait: '1h' } }
  const rig = await connected({ port, config })
  for (let n = 0; n < 20; n++) {
    const { consumer } = await consume(rig, 'jobs', 100)
    await consumer.close()
  }
  await send(rig, 'jobs', 'x')
  const { delivery } = await next(await connected({ port, config }), 'jobs')
  expect(delivery.attempt).toBe(1)
  await delivery.ack()
})

test.each(['ended', 'lost'] as const)(
  'what waits here when the connection is %s is not an attempt',
  async (how) => {
    const { port } = await serverFor()
    const proxy = await FaultProxy.start(port)
    atEnd(() => proxy.close())
    const config = { prefetch: 5, consumer: { ack_wait: how === 'lost' ? '1s' : '1h' } }
    const rig: Rig = await connected({ port: proxy.port, config })
    await send(rig, 'jobs', 'seen')
    await send(rig, 'jobs', 'unseen')
    await send(rig, 'jobs', 'waits')
    const { messages } = await consume(rig, 'jobs', 2)
    await until(() => messages.length === 2, 'two messages')
    const manager = await jetstreamManager(await stranger({ port }))
    await until(() => rig.context.budget.held > 0, 'the third message to wait')
    expect((await manager.consumers.info('jobs', 'nemo-jobs')).num_ack_pending).toBe(3)
    if (how === 'ended') await rig.adapter.disconnect()
    else {
      proxy.reset()
      await until(() => rig.context.lost.length === 1, 'the loss')
    }
    expect(rig.context.budget.held).toBe(0)
    await rig.adapter.connect(within().signal)
    const again = await consume(rig, 'jobs', 3)
    await until(() => again.messages.length === 3, 'all of them again')
    const attempts = Object.fromEntries(
      again.messages.map(({ payload, attempt }) => [text(payload), attempt]),
    )
    expect(attempts).toEqual({ seen: 2, unseen: 2, waits: 1 })
    for (const message of again.messages) await message.ack()
  },
)

test('a consumer of the operator that delivers once loses no message that nobody has seen', async () => {
  const server = await serverFor()
  const manager = await jetstreamManager(await stranger(server))
  await manager.streams.add({ name: 'S', subjects: ['once.*'], retention: 'workqueue' })
  await manager.consumers.add('S', { durable_name: 'strict', ack_policy: 'explicit', max_deliver: 1 })
  const rig = await connected({
    port: server.port,
    config: { stream: { create: false }, consumer: { name: 'strict' } },
  })
  await send(rig, 'once.x', 'precious', within(), { headers: { a: 'b' } })
  const { consumer, messages } = await consume(rig, 'once.x', 1)
  await until(() => messages.length === 1, 'the delivery')
  await messages[0]!.undelivered!()
  consumer.request(1)
  await until(() => messages.length === 2, 'the message again')
  const [, again] = messages
  expect([text(again!.payload), again!.attempt, again!.headers]).toEqual(['precious', 1, { a: 'b' }])
  await again!.ack()
  expect((await manager.streams.info('S')).state.messages).toBe(0)
})

test('a consumer holds no more than the budget of the actor allows', async () => {
  const { port } = await serverFor()
  const rig = await connected({ port, config: { prefetch: 100 } })
  for (let n = 0; n < 5; n++) await send(rig, 'jobs', String(n))
  rig.context.budget.take(rig.context.budget.limit)
  const { messages } = await consume(rig, 'jobs', 1)
  await rig.adapter.ping(within().signal)
  expect(messages).toEqual([])
  rig.context.budget.give(rig.context.budget.limit)
  await until(() => messages.length === 1, 'a message when there is room')
  await until(() => rig.context.budget.held === 4, 'the others to wait, counted')
})
