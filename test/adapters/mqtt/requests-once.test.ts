import { afterEach, describe, expect, it } from 'vitest'
import { KEPT_BYTES } from '../../../src/adapters/mqtt/connection-memory.js'
import type { InboundRequest } from '../../../src/core/adapter/service-facet.js'
import { until, within } from '../../support/adapter-context.js'
import { Collector, type Fixture, mqttFixture } from './fixture.js'
import { ScriptedBroker } from './support/scripted-broker.js'

let broker: ScriptedBroker
let fixture: Fixture
afterEach(async () => {
  await fixture?.adapter.disconnect()
  await broker?.stop()
})

const KEPT = { client_id: 'kept', clean_session: false }

async function start(version: 4 | 5 = 5, kept?: SharedArrayBuffer): Promise<void> {
  broker ??= await ScriptedBroker.start(version)
  const config = { ...KEPT, protocol_version: version === 4 ? '3.1.1' : 5 }
  fixture = mqttFixture(broker.server.port, config, {}, { kept })
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

async function lose(suffix: string): Promise<void> {
  const before = fixture.context.lost.length
  broker.peer(suffix).socket.destroy()
  await until(() => fixture.context.lost.length > before, 'the loss')
}

async function reconnect(): Promise<void> {
  broker.sessionPresent = true
  broker.packets.length = 0
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

class Requests extends Collector<InboundRequest> {}

async function serve(sink = new Requests()): Promise<Requests> {
  await fixture.adapter.service!.serve('charge', sink, within())
  return sink
}

/** Loses the connection and serves the method in the kept session again. */
async function serveAgain(): Promise<Requests> {
  await lose('-serve')
  await reconnect()
  return serve()
}

interface Sent {
  readonly dup?: boolean
  readonly call?: string
}

function request(messageId: number, payload: string, { dup = false, call }: Sent = {}): void {
  broker.peer('-serve').send({
    cmd: 'publish',
    topic: 'charge',
    payload: Buffer.from(JSON.stringify(payload)),
    qos: 1,
    dup,
    retain: false,
    messageId,
    ...(call !== undefined && { properties: { responseTopic: 'r', correlationData: Buffer.from(call) } }),
  })
}

const acknowledged = () => broker.of('puback', '-serve').map(({ messageId }) => messageId)
const params = (sink: Requests) => sink.messages.map(({ payload }) => JSON.parse(String(payload)))

describe.each([4, 5] as const)('a request to a served method in a kept session, MQTT %i', (version) => {
  afterEach(() => {
    broker = undefined as never
  })
  const call = (name: string) => (version === 5 ? { call: name } : {})

  it('is not executed again when the broker did not receive its acknowledgement', async () => {
    await start(version)
    const before = await serve()
    request(1, 'a', call('1'))
    await until(() => before.messages.length === 1, 'the request')
    const after = await serveAgain()
    request(1, 'a', { dup: true, ...call('1') })
    request(2, 'b', { dup: true, ...call('2') })
    await until(() => acknowledged().length === 2, 'the acknowledgements')
    expect(params(after)).toEqual(['b'])
    // It stays known however often the connection is lost.
    const last = await serveAgain()
    request(1, 'a', { dup: true, ...call('1') })
    request(3, 'c', call('3'))
    await until(() => acknowledged().length === 2, 'the acknowledgements')
    expect(params(last)).toEqual(['c'])
  })

  it('is executed when the broker has used the identifier of an earlier one again', async () => {
    await start(version)
    const before = await serve()
    request(1, 'a', call('1'))
    await until(() => before.messages.length === 1, 'the request')
    const after = await serveAgain()
    request(1, 'b', { dup: true, ...call('2') })
    await until(() => after.messages.length === 1, 'the request')
    expect(params(after)).toEqual(['b'])
  })

  it('is executed when it was lost before anybody received it', async () => {
    await start(version)
    const full = await serve(Object.assign(new Requests(), { open: false }))
    request(1, 'a', call('1'))
    request(2, 'b', call('2'))
    await until(() => acknowledged().length === 2, 'the acknowledgements')
    expect(params(full)).toEqual(['a'])
    const after = await serveAgain()
    request(1, 'a', { dup: true, ...call('1') })
    request(2, 'b', { dup: true, ...call('2') })
    await until(() => acknowledged().length === 2, 'the acknowledgements')
    expect(params(after)).toEqual(['b'])
  })

  it('is not executed again by the successor of an actor that died', async () => {
    const kept = new SharedArrayBuffer(KEPT_BYTES)
    await start(version, kept)
    const before = await serve()
    request(1, 'a', call('1'))
    await until(() => before.messages.length === 1, 'the request')
    for (const { socket } of broker.peers.values()) socket.destroy()
    await until(() => fixture.context.lost.length === 1, 'the loss')
    broker.sessionPresent = true
    broker.packets.length = 0
    await start(version, kept)
    const after = await serve()
    request(1, 'a', { dup: true, ...call('1') })
    request(2, 'b', call('2'))
    await until(() => acknowledged().length === 2, 'the acknowledgements')
    expect(params(after)).toEqual(['b'])
  })
})

describe('a call over a kept session', () => {
  it('is not sent again after it has been rejected', async () => {
    await start()
    const published = () => broker.of('publish')
    const { rpc, pubsub } = fixture.adapter
    const calls = Promise.allSettled([
      rpc!.call('charge', [1], within(5_000)),
      rpc!.notify('log', [2], within(5_000)),
    ])
    const publish = pubsub!.publish('t', Buffer.from('x'), { qos: 1 }, { ...within(5_000), operationId: 'o' })
    publish?.catch(() => {})
    await until(() => published().length === 3, 'the requests')
    expect(published().map(({ properties }) => properties?.messageExpiryInterval)).toEqual(
      expect.arrayContaining([5, undefined, undefined]),
    )
    await lose('kept')
    expect(await calls).toMatchObject([
      { status: 'rejected', reason: { kind: 'connection' } },
      { status: 'rejected', reason: { kind: 'connection' } },
    ])
    await reconnect()
    await until(() => published().length > 0, 'the message that a session sends again')
    await fixture.adapter.ping!(AbortSignal.timeout(5_000))
    expect(published().map(({ topic, dup }) => [topic, dup])).toEqual([['t', true]])
  })
})
