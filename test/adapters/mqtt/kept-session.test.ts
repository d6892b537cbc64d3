import { afterEach, describe, expect, it } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { Collector, type Fixture, mqttFixture } from './fixture.js'
import { ScriptedBroker } from './support/scripted-broker.js'

let broker: ScriptedBroker
let fixture: Fixture
afterEach(async () => {
  await fixture?.adapter.disconnect()
  await broker?.stop()
})

async function start(version: 4 | 5 = 5, config: object = {}): Promise<void> {
  broker = await ScriptedBroker.start(version)
  fixture = mqttFixture(broker.server.port, {
    client_id: 'kept',
    clean_session: false,
    protocol_version: version === 4 ? '3.1.1' : 5,
    ...config,
  })
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

async function subscribe(sink = new Collector(), qos: 0 | 1 | 2 = 2): Promise<Collector> {
  await fixture.adapter.pubsub!.subscribe('t', { qos }, sink, within())
  return sink
}

/** One whose messages the test takes. */
function untaken(open = true): Collector {
  return Object.assign(new Collector(), { takes: false, open })
}

function send(...ids: readonly number[]): void {
  for (const messageId of ids)
    broker.peer('-sub').send({
      cmd: 'publish',
      topic: 't',
      payload: `${messageId}`,
      qos: 2,
      dup: false,
      retain: false,
      messageId,
    })
}

async function lose(): Promise<void> {
  const before = fixture.context.lost.length
  broker.peer('-sub').socket.destroy()
  await until(() => fixture.context.lost.length > before, 'the loss')
}

async function reconnect(sessionPresent = true): Promise<void> {
  broker.sessionPresent = sessionPresent
  broker.packets.length = 0
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

const received = () => broker.of('pubrec', '-sub').map(({ messageId }) => messageId)

describe.each([4, 5] as const)(
  'messages of QoS 2 in a kept session, MQTT %i, whose connection is lost',
  (version) => {
    it('are acknowledged when those who got them on the connection before have taken them', async () => {
      await start(version)
      const before = await subscribe(untaken())
      send(1, 2, 3)
      await until(() => before.messages.length === 3, 'the messages')
      await lose()
      before.messages[0]!.taken!()
      await reconnect()
      const after = await subscribe()
      send(1, 2, 3, 4)
      await until(() => after.messages.length === 1, 'the new message')
      expect(after.texts).toEqual(['4'])
      await until(() => received().length > 0, 'the first acknowledgement')
      expect(received()).toEqual([1])
      before.messages[2]!.taken!()
      before.messages[1]!.taken!()
      await until(() => received().length === 4, 'the acknowledgements')
      expect(received()).toEqual([1, 2, 3, 4])
    })

    it('are delivered again when they waited for a sink that was full', async () => {
      await start(version)
      const before = await subscribe(untaken(false))
      send(1, 2, 3)
      await until(() => before.messages.length === 1, 'the message that fills it')
      await subscribeOther()
      await lose()
      before.messages[0]!.taken!()
      await reconnect()
      const after = await subscribe()
      send(1, 2, 3)
      await until(() => received().length === 3, 'the acknowledgements')
      expect(after.texts).toEqual(['2', '3'])
      expect(after.losses).toEqual([])
    })

    it('are delivered again when they waited for their subscription', async () => {
      await start(version)
      await subscribe()
      await lose()
      await reconnect()
      // The connection before has used this role: it is open without a subscription.
      await until(() => broker.of('connect', '-sub').length === 1, 'the role')
      send(1, 2)
      await subscribeOther()
      await lose()
      await reconnect()
      const after = await subscribe()
      send(1, 2)
      await until(() => received().length === 2, 'the acknowledgements')
      expect(after.texts).toEqual(['1', '2'])
    })
  },
)

/** All that was sent before has come when this is granted. */
async function subscribeOther(): Promise<void> {
  await fixture.adapter.pubsub!.subscribe('other', { qos: 1 }, new Collector(), within())
}

describe('a subscription that is made again', () => {
  it.each([
    ['of a clean session', { clean_session: true }, 1, false, /did not keep them/],
    ['of QoS 0', {}, 0, true, /did not keep them/],
    ['of a session that the broker has forgotten', {}, 1, false, /has lost the session/],
  ] as const)(
    '%s reports that messages may be missing',
    async (_name, config, qos, sessionPresent, reason) => {
      await start(5, config)
      const first = await subscribe(new Collector(), qos)
      expect(first.losses).toEqual([])
      await lose()
      await reconnect(sessionPresent)
      const again = await subscribe(new Collector(), qos)
      expect(again.losses).toEqual([{ count: 0, reason: expect.stringMatching(reason) }])
      const another = await subscribe(new Collector(), qos)
      expect(another.losses).toEqual([])
    },
  )

  it('reports nothing when the broker has kept the session', async () => {
    await start()
    await subscribe()
    await lose()
    await reconnect()
    expect((await subscribe()).losses).toEqual([])
  })

  it('reports a session that the broker forgot before a connection that did not last', async () => {
    await start()
    await subscribe()
    await lose()
    await reconnect(false)
    await until(() => broker.of('connect', '-sub').length === 1, 'the role')
    await subscribeOther()
    await lose()
    await reconnect()
    expect((await subscribe()).losses).toMatchObject([{ count: 0 }])
  })
})
