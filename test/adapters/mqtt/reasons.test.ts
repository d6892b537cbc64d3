import { generate, type Packet } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import type { IntegrationError } from '../../../src/core/errors/integration-error.js'
import { integrationSettings, until, within } from '../../support/adapter-context.js'
import { bytes, Collector, Deliveries, type Fixture, mqttFixture } from './fixture.js'
import { ScriptedBroker } from './support/scripted-broker.js'

let broker: ScriptedBroker
let fixture: Fixture
afterEach(async () => {
  await fixture?.adapter.disconnect()
  await broker?.stop()
})

const limits = { ...integrationSettings({}).limits, frame: 10_000 }

async function start(version: 4 | 5 = 5, connack: object = {}, config: object = {}): Promise<void> {
  broker = await ScriptedBroker.start(version)
  broker.connack = connack
  const protocol_version = version === 5 ? 5 : '3.1.1'
  fixture = mqttFixture(broker.server.port, { protocol_version, ...config }, { limits })
}

const connect = () => fixture.adapter.connect(AbortSignal.timeout(5_000))
const failure = (work: Promise<unknown> | undefined): Promise<IntegrationError> =>
  Promise.resolve(work).then(
    () => expect.unreachable('it did not fail'),
    (error) => error,
  )

/** Answers packets of that kind. */
function answering(cmd: Packet['cmd'], answer: (packet: Packet) => Packet): void {
  broker.answer = (packet, peer) => {
    if (packet.cmd !== cmd) return false
    peer.send(answer(packet))
    return true
  }
}

describe('what the broker says', () => {
  it.each([
    [0x86, 'auth', false],
    [0x85, 'connection', false],
    [0x84, 'connection', false],
    [0x89, 'connection', true],
  ])(
    'in a CONNACK of 0x%s is in the error, and whether waiting helps',
    async (reasonCode, kind, retryable) => {
      await start()
      answering('connect', () => ({
        cmd: 'connack',
        reasonCode,
        sessionPresent: false,
        properties: { reasonString: 'because I say so' },
      }))
      const error = await failure(connect())
      expect(error).toMatchObject({ kind, retryable })
      expect(error.message).toContain('because I say so')
    },
  )

  it('in SUBACK, PUBACK and PUBREC is in the error, which says that nothing was done', async () => {
    await start()
    await connect()
    const properties = { reasonString: 'not today' }
    answering('subscribe', ({ messageId }) => ({
      cmd: 'suback',
      messageId: messageId!,
      granted: [0x87],
      properties,
    }))
    const { pubsub } = fixture.adapter
    const denied = await failure(pubsub!.subscribe('a', { qos: 1 }, new Collector(), within()))
    expect(denied).toMatchObject({ kind: 'subscribe', notExecuted: true, retryable: false })
    expect(denied.message).toContain('not authorized (0x87): not today')
    for (const qos of [1, 2] as const) {
      const cmd = qos === 1 ? 'puback' : 'pubrec'
      answering('publish', ({ messageId }) => ({ cmd, messageId: messageId!, reasonCode: 0x97, properties }))
      const refused = await failure(pubsub!.publish('a', bytes('x'), { qos }, within())!)
      expect(refused).toMatchObject({ kind: 'publish', notExecuted: true, retryable: true })
      expect(refused.message).toContain('quota exceeded (0x97): not today')
    }
  })

  it('in DISCONNECT is in the error, which names a second client with our id', async () => {
    await start()
    await connect()
    const properties = { reasonString: 'go away' }
    broker.peer('').send({ cmd: 'disconnect', reasonCode: 0x8e, properties } as Packet)
    await until(() => fixture.context.lost.length === 1, 'the loss')
    const { message } = fixture.context.lost[0]!
    expect(message).toContain('session taken over (0x8e): go away')
    expect(message).toContain('another client has connected with the same client id')
  })

  it('shows none of our secrets, however it repeats them', async () => {
    const password = 'pw-Hq7x93'
    const auth = { type: 'basic', username: 'me', password } as const
    const properties = {
      reasonString: `me:${password} is wrong, ${Buffer.from(password).toString('base64')}`,
    }
    broker = await ScriptedBroker.start(5)
    fixture = mqttFixture(broker.server.port, { protocol_version: 5 }, { limits, auth })
    const errors: string[] = []
    const note = ({ message, cause }: Error) => errors.push(message, String(cause))
    answering('connect', () => ({ cmd: 'connack', reasonCode: 0x86, sessionPresent: false, properties }))
    note(await failure(connect()))
    broker.answer = () => false
    await connect()
    answering('subscribe', ({ messageId }) => ({
      cmd: 'suback',
      messageId: messageId!,
      granted: [0x87],
      properties,
    }))
    const { pubsub } = fixture.adapter
    note(await failure(pubsub!.subscribe('a', { qos: 1 }, new Collector(), within())))
    for (const qos of [1, 2] as const) {
      const cmd = qos === 1 ? 'puback' : 'pubrec'
      answering('publish', ({ messageId }) => ({ cmd, messageId: messageId!, reasonCode: 0x97, properties }))
      note(await failure(pubsub!.publish('a', bytes('x'), { qos }, within())!))
    }
    broker.peer('').send({ cmd: 'disconnect', reasonCode: 0x8b, properties } as Packet)
    await until(() => fixture.context.lost.length === 1, 'the loss')
    note(fixture.context.lost[0]!)
    const said = errors.filter((text) => text.includes('is wrong'))
    expect(said.length).toBeGreaterThanOrEqual(5)
    for (const text of said) expect(text).toContain('**** is wrong, ****')
  })

  it('is missed over MQTT 3.1.1: connections that do not last make us suspect another client', async () => {
    await start(4)
    for (let i = 0; i < 3; i++) {
      await connect()
      broker.peer('').socket.destroy()
      await until(() => fixture.context.lost.length === i + 1, 'the loss')
    }
    expect(fixture.context.lost[0]!.message).not.toContain('client id')
    expect(fixture.context.lost[2]!.message).toContain('check whether another client uses the same client id')
  })
})

describe('a broker that gives a reason each time', () => {
  it('makes us suspect nobody else', async () => {
    await start()
    for (let i = 0; i < 4; i++) {
      await connect()
      broker.peer('').send({ cmd: 'disconnect', reasonCode: 0x97 } as Packet)
      await until(() => fixture.context.lost.length === i + 1, 'the loss')
    }
    for (const { message } of fixture.context.lost) {
      expect(message).toContain('quota exceeded (0x97)')
      expect(message).not.toContain('client id')
    }
  })
})

describe('a granted quality of service', () => {
  it('is shown by a subscription', async () => {
    await start()
    await connect()
    answering('subscribe', ({ messageId }) => ({ cmd: 'suback', messageId: messageId!, granted: [1] }))
    const subscription = await fixture.adapter.pubsub!.subscribe('a', { qos: 2 }, new Collector(), within())
    expect(subscription.grantedQos).toBe(1)
  })

  it('below 1 is refused for a queue', async () => {
    await start()
    await connect()
    answering('subscribe', ({ messageId }) => ({ cmd: 'suback', messageId: messageId!, granted: [0] }))
    const error = await failure(fixture.adapter.queue!.consume('q', new Deliveries(), within()))
    expect(error).toMatchObject({ kind: 'dequeue', notExecuted: true })
    expect(error.message).toContain('granted QoS 0')
  })

  it.each([
    [0, ''],
    [2, '0101'],
  ])('is missing or superfluous: a failure, for %i reason codes', async (count, codes) => {
    await start()
    await connect()
    broker.answer = (packet, peer) => {
      if (packet.cmd !== 'subscribe') return false
      const body = Buffer.from(`${packet.messageId!.toString(16).padStart(4, '0')}00${codes}`, 'hex')
      peer.socket.write(Buffer.concat([Buffer.of(0x90, body.length), body]))
      return true
    }
    const error = await failure(fixture.adapter.pubsub!.subscribe('a', {}, new Collector(), within()))
    expect(error.message).toContain(`with ${count} reason codes`)
  })
})

describe('what a broker would end the connection over is not sent', () => {
  const connack = { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 100 }

  it.each<[string, string, object, RegExp]>([
    ['a control character', 'a\tb', {}, /U\+0009/],
    ['a code point that is no character', 'a\uffff', {}, /U\+FFFF/],
    ['half a surrogate pair', 'a\ud800b', {}, /U\+D800/],
    ['too many levels', 'a/'.repeat(201), {}, /levels/],
    ['a wildcard', 'a/+', {}, /wildcard/],
    ['a topic that is too long', 'x'.repeat(70_000), {}, /65,535/],
    ['a packet that is too large', 'x'.repeat(100), {}, /larger/],
    ['retain', 'a', { retain: true }, /retain/],
    ['a QoS that the broker does not have', 'a', { qos: 2 }, /QoS 2/],
    ['a QoS that nobody has', 'a', { qos: 5 }, /QoS of 0, 1 or 2/],
    ['a header with a control character', 'a', { headers: { k: 'a\nb' } }, /U\+000A/],
    ['a header that is too long', 'a', { headers: { k: 'x'.repeat(70_000) } }, /65,535/],
  ])('publish: %s', async (_name, topic, options, reason) => {
    await start(5, connack)
    await connect()
    for (const qos of [0, 1] as const) {
      const error = await failure(
        fixture.adapter.pubsub!.publish(topic, bytes('x'), { qos, ...options }, within())!,
      )
      expect(error).toMatchObject({ kind: 'publish', notExecuted: true, fault: 'local', retryable: false })
      expect(error.message).toMatch(reason)
    }
    await fixture.adapter.ping!(AbortSignal.timeout(2_000))
    expect(broker.of('publish')).toEqual([])
  })

  it.each<[string, string, object, RegExp]>([
    ['a control character', 'a\u0001', {}, /U\+0001/],
    ['too many levels', `${'a/'.repeat(201)}#`, {}, /levels/],
    ['a packet that is too large', 'x'.repeat(100), { maximumPacketSize: 90 }, /maximum packet size/],
    ['wildcards that the broker does not have', 'a/#', { wildcardSubscriptionAvailable: false }, /wildcards/],
  ])('subscribe: %s', async (_name, pattern, properties, reason) => {
    await start(5, properties)
    await connect()
    const error = await failure(fixture.adapter.pubsub!.subscribe(pattern, {}, new Collector(), within()))
    expect(error).toMatchObject({ kind: 'subscribe', notExecuted: true, fault: 'local' })
    expect(error.message).toMatch(reason)
    expect(broker.of('subscribe')).toEqual([])
  })

  it('a shared subscription or a queue where the broker has none', async () => {
    await start(5, { sharedSubscriptionAvailable: false })
    await connect()
    const { pubsub, queue } = fixture.adapter
    for (const work of [
      pubsub!.subscribe('$share/g/a', {}, new Collector(), within()),
      queue!.consume('q', new Deliveries(), within()),
      queue!.enqueue('q', bytes('x'), {}, within()),
    ])
      expect(await failure(work)).toMatchObject({ kind: 'unsupported', notExecuted: true })
    expect([...broker.of('subscribe'), ...broker.of('publish')]).toEqual([])
  })
})

describe('a connection that we give up', () => {
  it.each([
    ['a malformed packet', '3003000561', 0x81],
    ['a packet that is not expected', '2003000000', 0x82],
    ['a topic alias', '300700016103230001', 0x94],
    ['a packet that is too large', '90ffff7f', 0x95],
  ])('ends with the reason code of %s', async (_name, hex, reasonCode) => {
    await start()
    await connect()
    broker.peer('').socket.write(Buffer.from(hex, 'hex'))
    await until(() => broker.of('disconnect').length === 1, 'DISCONNECT')
    expect(broker.of('disconnect')).toMatchObject([{ reasonCode }])
    await until(() => fixture.context.lost.length === 1, 'the loss')
  })
})

describe.each([4, 5] as const)('a message above limits.frame, MQTT %i', (version) => {
  const large = (topic: string, qos: 0 | 1 | 2): Buffer =>
    generate(
      { cmd: 'publish', topic, payload: Buffer.alloc(50_000), qos, messageId: 7, dup: false, retain: false },
      { protocolVersion: version },
    ) as Buffer

  it.each([0, 1, 2] as const)('of a topic is skipped, acknowledged and counted: QoS %i', async (qos) => {
    await start(version)
    await connect()
    const sink = new Collector()
    await fixture.adapter.pubsub!.subscribe('a', { qos }, sink, within())
    const peer = broker.peer('-sub')
    const whole = Buffer.concat([large('a', qos), large('b', 0)])
    for (let at = 0; at < whole.length; at += 7_001) peer.socket.write(whole.subarray(at, at + 7_001))
    peer.send({ cmd: 'publish', topic: 'a', payload: 'small', qos: 0, dup: false, retain: false })
    await until(() => sink.texts.includes('small'), 'the message after it')
    expect(sink.messages).toHaveLength(1)
    expect(sink.losses).toMatchObject([{ count: 1, reason: expect.stringContaining('limits.frame') }])
    const acknowledgement = ([undefined, 'puback', 'pubrec'] as const)[qos]
    if (acknowledgement !== undefined)
      await until(() => broker.of(acknowledgement, '-sub').length === 1, acknowledgement)
    expect(fixture.context.lost).toEqual([])
  })

  it('of a queue is delivered with its defect', async () => {
    await start(version)
    if (version === 4)
      broker.answer = (packet, peer) => {
        // As a broker with shared subscriptions does.
        if (packet.cmd === 'publish' && packet.topic.startsWith('nemo/probe/')) {
          peer.send({ cmd: 'puback', messageId: packet.messageId! })
          peer.send({ ...packet, qos: 0, dup: false })
          return true
        }
        return false
      }
    await connect()
    const sink = new Deliveries()
    const consumer = await fixture.adapter.queue!.consume('q', sink, within())
    consumer.request(1)
    broker.peer('-queue-q').socket.write(large('q', 1))
    await until(() => sink.messages.length === 1, 'the delivery')
    expect(sink.messages[0]).toMatchObject({ topic: 'q', defect: { kind: 'serialize' } })
    expect(sink.messages[0]!.payload).toHaveLength(0)
    await sink.messages[0]!.ack()
    await until(() => broker.of('puback', '-queue-q').length === 1, 'PUBACK')
    expect(fixture.context.lost).toEqual([])
  })
})
