import type { Socket } from 'node:net'
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { PublishError } from '../../../src/core/errors/pubsub.js'
import { until, within } from '../../support/adapter-context.js'
import { bytes, Collector, type Fixture, mqttFixture } from './fixture.js'
import { FakeServer } from './support/fake-server.js'

/** A broker of which the test plays the part: it keeps what it gets, and answers CONNECT and SUBSCRIBE. */
class Script {
  readonly packets: Packet[] = []
  /** The main connection and that of the subscriptions. */
  socket: Socket | undefined
  subscriber: Socket | undefined
  server!: FakeServer
  sessionPresent = false

  static async start(): Promise<Script> {
    const script = new Script()
    script.server = await FakeServer.start((socket) => script.#accept(socket))
    return script
  }

  #accept(socket: Socket): void {
    const answer = (packet: Packet) => socket.write(generate(packet, { protocolVersion: 5 }))
    const reader = parser({ protocolVersion: 5 })
    reader.on('packet', (packet) => {
      this.packets.push(packet)
      const { sessionPresent } = this
      if (packet.cmd === 'connect') {
        if (packet.clientId.endsWith('-sub')) this.subscriber = socket
        else this.socket = socket
        answer({ cmd: 'connack', reasonCode: 0, sessionPresent, properties: { receiveMaximum: 2 } })
      }
      if (packet.cmd === 'subscribe') answer({ cmd: 'suback', messageId: packet.messageId!, granted: [2] })
    })
    socket.on('data', (chunk: Buffer) => reader.parse(chunk))
  }

  send(packet: Packet, socket = this.socket!): void {
    socket.write(generate(packet, { protocolVersion: 5 }))
  }

  of(cmd: Packet['cmd']): Packet[] {
    return this.packets.filter((packet) => packet.cmd === cmd)
  }
}

let script: Script
let fixture: Fixture
afterEach(async () => {
  await fixture.adapter.disconnect()
  await script.server.stop()
})

async function start(): Promise<void> {
  script = await Script.start()
  fixture = mqttFixture(script.server.port, { clean_session: false, protocol_version: 5 })
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

async function reconnect(): Promise<void> {
  script.socket!.destroy()
  await until(() => fixture.context.lost.length === 1, 'the loss')
  script.packets.length = 0
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

const publishTwice = (text: string) =>
  fixture.adapter.pubsub!.publish('t', bytes(text), { qos: 2 }, within()) as Promise<void>

describe('what we publish', () => {
  it('goes no further than the Receive Maximum of the broker', async () => {
    await start()
    const published = ['a', 'b', 'c'].map((text) =>
      fixture.adapter.pubsub!.publish('t', bytes(text), { qos: 1 }, within()),
    )
    await until(() => script.of('publish').length === 2, 'two messages')
    await fixture.adapter.pubsub!.publish('t', bytes('0'), { qos: 0 }, within())
    await until(() => script.of('publish').length === 3, 'the message of QoS 0')
    expect((script.of('publish')[2] as IPublishPacket).qos).toBe(0)
    script.send({ cmd: 'puback', messageId: (script.of('publish')[1] as IPublishPacket).messageId! })
    await published[1]
    await until(() => script.of('publish').length === 4, 'the third')
    for (const i of [0, 3])
      script.send({ cmd: 'puback', messageId: (script.of('publish')[i] as IPublishPacket).messageId! })
    await Promise.all(published)
  })

  it('is not sent any more when its time is up before its turn', async () => {
    await start()
    const stuck = ['a', 'b'].map((text) =>
      fixture.adapter.pubsub!.publish('t', bytes(text), { qos: 1 }, within())!.catch((error) => error),
    )
    const late = fixture.adapter.pubsub!.publish('t', bytes('late'), { qos: 1 }, { ...within(), deadline: 0 })
    await until(() => script.of('publish').length === 2, 'two messages')
    script.send({ cmd: 'puback', messageId: (script.of('publish')[0] as IPublishPacket).messageId! })
    await expect(late).rejects.toMatchObject({ kind: 'timeout', notExecuted: true })
    await fixture.adapter.disconnect()
    expect(await stuck[1]).toBeInstanceOf(ConnectionError)
    expect(script.of('publish')).toHaveLength(2)
  })

  it('is a PublishError when the broker refuses it', async () => {
    await start()
    for (const cmd of ['puback', 'pubrec'] as const) {
      const refused = fixture.adapter.pubsub!.publish(
        't',
        bytes('x'),
        { qos: cmd === 'puback' ? 1 : 2 },
        within(),
      ) as Promise<void>
      refused.catch(() => {})
      await until(() => script.of('publish').length > 0, 'the message')
      const { messageId } = script.of('publish')[0] as IPublishPacket
      script.packets.length = 0
      script.send({ cmd, messageId: messageId!, reasonCode: 0x97 })
      await expect(refused).rejects.toBeInstanceOf(PublishError)
      await expect(refused).rejects.toThrow(/quota exceeded \(0x97\)/)
    }
  })

  it('stays with a kept session: the same packets go out again, in their order, and new ones after them', async () => {
    await start()
    const [first, second] = [publishTwice('first'), publishTwice('second')]
    await until(() => script.of('publish').length === 2, 'the messages')
    const [one, two] = script.of('publish').map(({ messageId }) => messageId!)
    script.send({ cmd: 'pubrec', messageId: one! })
    await until(() => script.of('pubrel').length === 1, 'PUBREL')
    const waiting = publishTwice('third').catch((error) => error)
    script.sessionPresent = true
    await reconnect()
    // It was not handed to the session: the actor sends it again.
    expect(await waiting).toMatchObject({ kind: 'connection', notExecuted: true })
    await until(() => script.of('publish').length === 1 && script.of('pubrel').length === 1, 'both again')
    expect(script.of('pubrel')).toMatchObject([{ messageId: one }])
    expect(script.of('publish')).toMatchObject([{ messageId: two, dup: true, qos: 2 }])
    script.send({ cmd: 'pubcomp', messageId: one! })
    await first
    script.send({ cmd: 'pubrec', messageId: two! })
    await until(() => script.of('pubrel').length === 2, 'PUBREL of the second')
    script.send({ cmd: 'pubcomp', messageId: two! })
    await second
    const third = publishTwice('third')
    await until(() => script.of('publish').length === 2, 'the third message')
    const { messageId: three, dup } = script.of('publish')[1] as IPublishPacket
    expect([dup, three === one || three === two]).toEqual([false, false])
    script.send({ cmd: 'pubrec', messageId: three! })
    await until(() => script.of('pubrel').length === 3, 'PUBREL of the third')
    script.send({ cmd: 'pubcomp', messageId: three! })
    await third
  })

  it('goes on under its identifier when the operation is attempted again', async () => {
    await start()
    const attempt = () => ({ ...within(), operationId: 'operation-1' })
    const publish = () =>
      fixture.adapter.pubsub!.publish('t', bytes('x'), { qos: 2 }, attempt()) as Promise<void>
    const early = publish()
    await until(() => script.of('publish').length === 1, 'the message')
    const { messageId } = script.of('publish')[0] as IPublishPacket
    const again = publish()
    script.send({ cmd: 'pubrec', messageId: messageId! })
    await until(() => script.of('pubrel').length === 1, 'PUBREL')
    script.send({ cmd: 'pubcomp', messageId: messageId! })
    await Promise.all([early, again])
    expect(script.of('publish')).toHaveLength(1)
  })

  it('is rejected when the broker has not kept the session, and nothing of it is sent', async () => {
    await start()
    const lost = publishTwice('first').catch((error) => error)
    await until(() => script.of('publish').length === 1, 'the message')
    await reconnect()
    expect(await lost).toBeInstanceOf(ConnectionError)
    void publishTwice('second').catch(() => {})
    await until(() => script.of('publish').length === 1, 'the second message')
    expect(script.of('pubrel')).toEqual([])
    expect(script.of('publish')).toMatchObject([{ dup: false }])
  })

  it('is rejected at once when the session is clean', async () => {
    script = await Script.start()
    fixture = mqttFixture(script.server.port, { protocol_version: 5 })
    await fixture.adapter.connect(AbortSignal.timeout(5_000))
    const lost = publishTwice('first').catch((error) => error)
    await until(() => script.of('publish').length === 1, 'the message')
    script.socket!.destroy()
    expect(await lost).toBeInstanceOf(ConnectionError)
  })

  it('takes no session for its own whose state it does not have', async () => {
    script = await Script.start()
    script.sessionPresent = true
    fixture = mqttFixture(script.server.port, { clean_session: false, protocol_version: 5 })
    await fixture.adapter.connect(AbortSignal.timeout(5_000))
    expect(script.of('connect').map((packet) => (packet as IConnectPacket).clean)).toEqual([
      false,
      true,
      false,
    ])
  })
})

describe('what we receive', () => {
  function deliver(dup: boolean, payload: string): void {
    const message = { cmd: 'publish', topic: 't', payload, qos: 2, messageId: 5, retain: false, dup } as const
    script.send(message, script.subscriber)
  }

  it('is delivered once, also when the broker sends it again after a new connection', async () => {
    await start()
    const sink = new Collector()
    await fixture.adapter.pubsub!.subscribe('t', { qos: 2 }, sink, within())
    deliver(false, 'one')
    await until(() => script.of('pubrec').length === 1, 'PUBREC')
    deliver(true, 'one')
    await until(() => script.of('pubrec').length === 2, 'PUBREC again')
    script.sessionPresent = true
    await reconnect()
    await fixture.adapter.pubsub!.subscribe('t', { qos: 2 }, sink, within())
    deliver(true, 'one')
    await until(() => script.of('pubrec').length === 1, 'PUBREC a third time')
    expect(sink.texts).toEqual(['one'])
    script.send({ cmd: 'pubrel', messageId: 5 }, script.subscriber)
    await until(() => script.of('pubcomp').length === 1, 'PUBCOMP')
    deliver(false, 'two')
    await until(() => sink.messages.length === 2, 'the next message of this identifier')
    expect(sink.texts).toEqual(['one', 'two'])
  })

  it('is not delivered again while the first delivery has not been taken, and is acknowledged with it', async () => {
    await start()
    const sink = new Collector()
    sink.takes = false
    await fixture.adapter.pubsub!.subscribe('t', { qos: 2 }, sink, within())
    deliver(false, 'one')
    await until(() => sink.messages.length === 1, 'the message')
    script.sessionPresent = true
    await reconnect()
    await fixture.adapter.pubsub!.subscribe('t', { qos: 2 }, sink, within())
    deliver(true, 'one')
    await fixture.adapter.pubsub!.subscribe('barrier', { qos: 2 }, new Collector(), within())
    expect([sink.messages.length, script.of('pubrec').length]).toEqual([1, 0])
    sink.messages[0]!.taken!()
    await until(() => script.of('pubrec').length === 1, 'PUBREC')
    expect(sink.texts).toEqual(['one'])
  })
})
