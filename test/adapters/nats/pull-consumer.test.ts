import { jetstreamManager } from '@nats-io/jetstream'
import { headers as natsHeaders } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { natsAdapter } from '../../../src/adapters/nats/adapter.js'
import { natsManifest } from '../../../src/adapters/nats/manifest.js'
import type { InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import { DequeueError } from '../../../src/core/errors/queue.js'
import { ManualClock } from '../../../src/testing/index.js'
import { adapterContext, settingsFor, until, within } from '../../support/adapter-context.js'
import { atEnd, bytes, collector, connected, serverFor, stranger } from './harness.js'
import { consume, send as sendTo } from './queues.js'

interface Pull {
  readonly reply: string
  readonly batch: number
  readonly expires: number
  readonly idle_heartbeat: number
}

/**
 * A consumer of an empty queue that has asked for a message, on a clock of the test's; somebody else sees its pull
 * requests, and may answer them in the server's place.
 */
async function rig() {
  const server = await serverFor()
  const clock = new ManualClock(Date.now())
  const endpoint = { addresses: ['127.0.0.1'], port: server.port }
  const context = adapterContext(settingsFor(natsManifest, { endpoint }), 'rig', clock)
  const adapter = natsAdapter(context)
  atEnd(() => adapter.disconnect())
  await adapter.connect(within().signal)
  const client = await stranger(server)
  const pulls: Pull[] = []
  client.subscribe('$JS.API.CONSUMER.MSG.NEXT.>', {
    callback: (_, message) => {
      pulls.push({ reply: message.reply!, ...message.json<Omit<Pull, 'reply'>>() })
    },
  })
  await client.flush()
  const manager = await jetstreamManager(client)
  const { messages, sink, ended } = collector<InboundDelivery>()
  const consumer = await adapter.queue!.consume('jobs', sink, within())
  consumer.request(1)
  // The server ends the first one soon. Without its successor it would do so amid a test.
  await until(() => pulls.length === 2, 'the second pull request')
  const [first] = pulls.splice(0, 1)
  const end = (status: number, description: string, pending?: string) => {
    const headers = natsHeaders(status, description)
    if (pending !== undefined) headers.set('Nats-Pending-Messages', pending)
    client.publish(pulls.at(-1)!.reply, undefined, { headers })
  }
  const send = (content: string) => adapter.queue!.enqueue('jobs', bytes(content), {}, within())
  return { context, manager, consumer, clock, first, pulls, messages, ended, end, send }
}

test('the first pull request of a consumer ends soon and is followed at once; later ones stay open', async () => {
  const { first, pulls } = await rig()
  // The clock stands still: only the server has ended the first one.
  expect([first, ...pulls].map((pull) => [pull!.batch, pull!.expires / 1e6])).toEqual([
    [1, 1_000],
    [1, 10_000],
  ])
  expect(first!.idle_heartbeat).toBeLessThanOrEqual(first!.expires / 2)
})

test('a pull request whose time is up is made again; what comes of both waits for demand', async () => {
  const { consumer, pulls, messages, end, send } = await rig()
  end(408, 'Request Timeout', '1')
  await until(() => pulls.length === 2, 'the second pull request')
  // The server has both requests in fact, and serves both.
  await send('a')
  await send('b')
  await until(() => messages.length === 1, 'the first message')
  await messages[0]!.ack()
  expect(messages).toHaveLength(1)
  consumer.request(1)
  await until(() => messages.length === 2, 'the second message')
  await messages[1]!.ack()
  expect(pulls).toHaveLength(2)
})

test('demand in small portions opens no more requests than a server holds', async () => {
  const { consumer, context, pulls, messages, send } = await rig()
  for (let n = 0; n < 600; n++) {
    consumer.request(1)
    await undefined
  }
  const count = 100
  await Promise.all(Array.from({ length: count }, (_, n) => send(String(n))))
  await until(() => messages.length === count, 'the messages')
  await Promise.all(messages.map((message) => message.ack()))
  // All of the demand is requested.
  await until(() => pulls.reduce((sum, { batch }) => sum + batch, 0) === 601, 'the pull requests')
  // A server refuses the 513th, for all clients of the consumer together.
  expect(pulls.length).toBeLessThan(count)
  expect(context.records).toEqual([])
})

test.each([
  [409, 'Exceeded MaxWaiting'],
  [409, 'Leadership Change'],
  [404, 'No Messages'],
])(
  'a pull request that the server cannot serve (%i %s) is made again after a while',
  async (status, description) => {
    const { clock, pulls, end } = await rig()
    end(status, description)
    await until(() => clock.pending.some(({ inMs }) => inMs === 250), 'the pause')
    expect(pulls).toHaveLength(1)
    await clock.advance(250)
    await until(() => pulls.length === 2, 'the second pull request')
    expect(pulls.map(({ batch }) => batch)).toEqual([1, 1])
  },
)

test('the pauses grow while the server cannot serve a pull request, and begin again after a message', async () => {
  const { clock, pulls, messages, end, send, context } = await rig()
  let made = 1
  for (const pause of [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000]) {
    end(409, 'Exceeded MaxWaiting')
    await until(() => clock.pending.some(({ inMs }) => inMs === pause), `a pause of ${pause} ms`)
    await clock.advance(pause)
    await until(() => pulls.length === made + 1, 'the next pull request')
    made++
  }
  expect(context.records.map(({ message }) => message)).toContainEqual(
    'queue jobs cannot be read for now: 409 Exceeded MaxWaiting',
  )
  await send('a')
  await until(() => messages.length === 1, 'a message')
})

test.each([
  [409, 'Exceeded MaxRequestBatch of 1'],
  [409, 'Consumer is push based'],
  [400, 'Bad Request - json: cannot unmarshal'],
])(
  'a pull request that the server refuses for good (%i %s) ends the consumer',
  async (status, description) => {
    const { clock, pulls, ended, end } = await rig()
    end(status, description)
    // The limits of the consumer may have changed: it is looked at once more.
    await until(() => clock.pending.some(({ inMs }) => inMs === 250), 'the pause')
    await clock.advance(250)
    await until(() => pulls.length === 2, 'the second pull request')
    expect(ended).toEqual([])
    end(status, description)
    await until(() => ended.length === 1, 'the end')
    expect(ended[0]).toBeInstanceOf(DequeueError)
    expect(ended[0]).toMatchObject({ queue: 'jobs', retryable: false })
    expect(ended[0]!.message).toContain(description)
  },
)

test('the limits that an operator sets for pull requests are kept to', async () => {
  const server = await serverFor()
  const manager = await jetstreamManager(await stranger(server))
  await manager.streams.add({ name: 'S', subjects: ['limited'] })
  const limits = { max_batch: 2, max_expires: 3_000_000_000 }
  await manager.consumers.add('S', { durable_name: 'c', ack_policy: 'explicit', ...limits })
  const config = { stream: { create: false }, consumer: { name: 'c' } }
  const limited = await connected({ port: server.port, config })
  for (let n = 0; n < 5; n++) await sendTo(limited, 'limited', String(n))
  const { messages, ended } = await consume(limited, 'limited', 5)
  await until(() => messages.length === 5, 'all of them')
  expect(ended).toEqual([])
  for (const message of messages) await message.ack()
})

test('a consumer that was deleted is made again', async () => {
  const { clock, pulls, messages, ended, end, send } = await rig()
  end(409, 'Consumer Deleted')
  await until(() => clock.pending.some(({ inMs }) => inMs === 250), 'the pause')
  await clock.advance(250)
  await until(() => pulls.length === 2, 'the second pull request')
  await send('a')
  await until(() => messages.length === 1, 'a message')
  expect(ended).toEqual([])
})

test('a consumer of which nothing is heard is bound again', async () => {
  const { clock, pulls, manager, messages, send, consumer } = await rig()
  await send('a')
  await until(() => messages.length === 1, 'a message')
  await messages[0]!.ack()
  // JetStream does not answer a request for a consumer that is not there.
  await manager.consumers.delete('jobs', 'nemo-jobs')
  consumer.request(1)
  await until(() => pulls.length === 2, 'the second pull request')
  await send('b')
  await until(() => {
    void clock.advance(1_000)
    return messages.length === 2
  }, 'the message behind it')
})

test('what nobody would say of a pull request changes nothing', async () => {
  const { pulls, messages, ended, end, send } = await rig()
  end(100, 'Idle Heartbeat')
  end(408, 'Request Timeout', '-5')
  end(408, 'Request Timeout', 'x')
  end(499, 'Whatever', '99')
  await send('a')
  await until(() => messages.length === 1, 'a message')
  expect(ended).toEqual([])
  expect(pulls.every(({ batch }) => batch === 1)).toBe(true)
})
