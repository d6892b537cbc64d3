import { afterEach, describe, expect, it } from 'vitest'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import { until, within } from '../../support/adapter-context.js'
import { Collector, type Fixture, mqttFixture } from './fixture.js'
import { type Peer, ScriptedBroker } from './support/scripted-broker.js'

let broker: ScriptedBroker
let fixture: Fixture
afterEach(async () => {
  await fixture?.adapter.disconnect()
  await broker?.stop()
})

async function start(config: object = {}, budget = new ByteBudget(1e9)): Promise<void> {
  broker = await ScriptedBroker.start()
  const settings = { mailbox: { messages: 1_000, bytes: 10_000, overflow: 'block' } } as const
  fixture = mqttFixture(broker.server.port, { protocol_version: 5, ...config }, settings, { budget })
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

async function subscribe(pattern: string, takes = false) {
  const sink = new Collector()
  sink.takes = takes
  const subscription = await fixture.adapter.pubsub!.subscribe(pattern, { qos: 2 }, sink, within())
  return { sink, subscription }
}

const subscriber = (): Peer => broker.peer('-sub')
const ids = () => broker.of('puback', '-sub').map(({ messageId }) => messageId)

function send(topic: string, qos: 0 | 1 | 2, messageId = 0, more: object = {}): void {
  const packet = {
    cmd: 'publish',
    topic,
    payload: 'x',
    qos,
    dup: false,
    retain: false,
    messageId,
    ...more,
  } as const
  subscriber().send(packet)
}

/** Resolves when all that was sent before has been handled: a SUBACK comes after it. */
const settled = () => subscribe(`barrier/${Math.random()}`)

describe('a message of a topic', () => {
  it('is acknowledged when it is taken, in the order of receipt', async () => {
    await start()
    const { sink } = await subscribe('t')
    for (const id of [1, 2, 3]) send('t', 1, id)
    await until(() => sink.messages.length === 3, 'the messages')
    sink.messages[1]!.taken!()
    await settled()
    expect(ids()).toEqual([])
    sink.messages[0]!.taken!()
    await until(() => ids().length === 2, 'two acknowledgements')
    sink.messages[2]!.taken!()
    sink.messages[2]!.taken!()
    await until(() => ids().length === 3, 'three acknowledgements')
    expect(ids()).toEqual([1, 2, 3])
  })

  it('that two subscriptions get is acknowledged when both have taken it', async () => {
    await start()
    broker.connack = { subscriptionIdentifiersAvailable: false }
    await fixture.adapter.disconnect()
    await fixture.adapter.connect(AbortSignal.timeout(5_000))
    const [a, b] = [await subscribe('t'), await subscribe('+')]
    send('t', 1, 1)
    await until(() => a.sink.messages.length === 1 && b.sink.messages.length === 1, 'the message')
    a.sink.messages[0]!.taken!()
    await settled()
    expect(ids()).toEqual([])
    b.sink.messages[0]!.taken!()
    await until(() => ids().length === 1, 'the acknowledgement')
  })

  it('has nothing to be taken where nothing is acknowledged, or where it was retained', async () => {
    await start()
    const { sink } = await subscribe('t')
    send('t', 0)
    send('t', 1, 5, { retain: true })
    await until(() => sink.messages.length === 2, 'the messages')
    expect(sink.messages.map(({ taken }) => taken)).toEqual([undefined, undefined])
    await until(() => ids().length === 1, 'the acknowledgement of the retained one')
  })

  it('that nobody wants is acknowledged at once, also when it was held for a subscription that closes', async () => {
    await start()
    const { sink, subscription } = await subscribe('t')
    send('other', 1, 1)
    await until(() => ids().length === 1, 'the acknowledgement')
    sink.open = false
    for (const id of [2, 3]) send('t', 1, id)
    await until(() => sink.messages.length === 1, 'the message that fills it')
    await subscription.close()
    sink.messages[0]!.taken!()
    await until(() => ids().length === 3, 'the acknowledgements')
  })

  it('says what MQTT 5 says of it', async () => {
    await start()
    const { sink } = await subscribe('t')
    const properties = {
      contentType: 'application/json',
      messageExpiryInterval: 30,
      payloadFormatIndicator: true,
      userProperties: { k: 'v' },
    }
    send('t', 0, 0, { properties })
    await until(() => sink.messages.length === 1, 'the message')
    expect(sink.messages[0]).toMatchObject({
      contentType: 'application/json',
      headers: { k: 'v', 'mqtt-message-expiry': '30', 'mqtt-payload-format': 'utf-8' },
    })
  })
})

describe('a subscription that is full', () => {
  it('stops neither its neighbours nor control packets, and gets its messages in order when it has room', async () => {
    await start()
    const [full, other] = [await subscribe('full', true), await subscribe('other', true)]
    full.sink.open = false
    for (let i = 0; i < 5; i++) send('full', 0, 0, { payload: `${i}` })
    send('other', 0)
    await until(() => other.sink.messages.length === 1, 'the message of the other')
    await settled()
    expect(full.sink.texts).toEqual(['0'])
    full.sink.open = true
    full.subscription.resume()
    expect(full.sink.texts).toEqual(['0', '1', '2', '3', '4'])
    expect(fixture.adapter.pubsub!.holdsBack).toBe('connection')
  })

  it.each([
    ['as many bytes as the mailbox may', new ByteBudget(1e9)],
    ['as many bytes as the budget allows', new ByteBudget(1_000)],
  ])('stops the reading of its connection when it holds %s', async (_name, budget) => {
    await start({}, budget)
    const { sink, subscription } = await subscribe('full', true)
    sink.open = false
    for (let i = 0; i < 40; i++) send('full', 0, 0, { payload: `${i}`.padEnd(1_000) })
    await until(() => budget.held > 900, 'some to be held')
    let granted = false
    const pending = settled().then(() => {
      granted = true
    })
    await fixture.adapter.ping!(AbortSignal.timeout(2_000))
    expect(granted).toBe(false)
    sink.open = true
    subscription.resume()
    await pending
    await until(() => sink.messages.length === 40, 'all messages')
    expect(budget.held).toBe(0)
  })

  it('that has room again while a message is being delivered is not held back', async () => {
    await start()
    const { sink, subscription } = await subscribe('t', true)
    const { deliver } = sink
    sink.deliver = (message) => {
      deliver.call(sink, message)
      subscription.resume()
      return false
    }
    for (let i = 0; i < 3; i++) send('t', 0)
    await until(() => sink.messages.length === 3, 'all messages')
  })

  it('reports what is lost with the connection', async () => {
    await start()
    const { sink } = await subscribe('t', true)
    sink.open = false
    for (let i = 0; i < 3; i++) send('t', 0)
    send('marker', 1, 9)
    await until(() => ids().length === 1, 'all to be here')
    subscriber().socket.destroy()
    await until(() => fixture.context.lost.length === 1, 'the loss')
    expect(sink.losses).toMatchObject([{ count: 2 }])
  })
})

describe('a subscription that is left with the broker', () => {
  it('acknowledges nothing any more, and is not taken back', async () => {
    await start({ clean_session: false, client_id: 'durable' })
    const { sink, subscription } = await subscribe('t', true)
    await subscription.detach!()
    send('t', 1, 1)
    await settled()
    await fixture.adapter.disconnect()
    expect([sink.messages, ids(), broker.of('unsubscribe')]).toEqual([[], [], []])
  })

  it('is not possible where nobody comes back for it', async () => {
    for (const config of [{ client_id: 'c' }, { clean_session: false }]) {
      await start(config)
      expect((await subscribe('t')).subscription.detach).toBeUndefined()
      await fixture.adapter.disconnect()
      await broker.stop()
    }
  })
})
