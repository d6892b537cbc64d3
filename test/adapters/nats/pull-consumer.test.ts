import { headers as natsHeaders } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { natsAdapter } from '../../../src/adapters/nats/adapter.js'
import { natsManifest } from '../../../src/adapters/nats/manifest.js'
import type { InboundDelivery } from '../../../src/core/adapter.js'
import { ManualClock } from '../../../src/testing/index.js'
import { adapterContext, settingsFor, until, within } from '../../support/adapter-context.js'
import { atEnd, bytes, collector, serverFor, stranger } from './harness.js'

/**
 * A consumer of an empty queue that has asked for a message, on a clock of the test's; somebody else sees its pull
 * requests, and may answer them in the server's place.
 */
async function rig() {
  const server = await serverFor()
  const clock = new ManualClock(Date.now())
  const endpoint = { addresses: ['127.0.0.1'], port: server.port }
  const adapter = natsAdapter(adapterContext(settingsFor(natsManifest, { endpoint }), 'rig', clock))
  atEnd(() => adapter.disconnect())
  await adapter.connect(within().signal)
  const client = await stranger(server)
  const pulls: { readonly reply: string; readonly batch: number }[] = []
  client.subscribe('$JS.API.CONSUMER.MSG.NEXT.>', {
    callback: (_, message) => {
      pulls.push({ reply: message.reply!, batch: message.json<{ batch: number }>().batch })
    },
  })
  await client.flush()
  const { messages, sink, ended } = collector<InboundDelivery>()
  const consumer = await adapter.queue!.consume('jobs', sink, within())
  consumer.request(1)
  await until(() => pulls.length === 1, 'the first pull request')
  const end = (status: number, description: string, pending?: string) => {
    const headers = natsHeaders(status, description)
    if (pending !== undefined) headers.set('Nats-Pending-Messages', pending)
    client.publish(pulls.at(-1)!.reply, undefined, { headers })
  }
  const send = (content: string) => adapter.queue!.enqueue('jobs', bytes(content), {}, within())
  return { consumer, clock, pulls, messages, ended, end, send }
}

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

test('a pull request of which nothing is heard is made again', async () => {
  const { clock, pulls } = await rig()
  // In the first period the server may have said something.
  await clock.advance(10_000)
  await clock.advance(10_000)
  await until(() => pulls.length >= 2, 'the second pull request')
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
