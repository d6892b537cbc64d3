import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import mqtt from 'mqtt'
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { MalformedPacket } from '../../../src/adapters/mqtt/client/errors.js'
import { Inbound, type InboundHandler } from '../../../src/adapters/mqtt/client/inbound.js'
import { Outbound } from '../../../src/adapters/mqtt/client/outbound.js'
import type { PublishPacket } from '../../../src/adapters/mqtt/client/publish-decoder.js'
import { ReceivedIds } from '../../../src/adapters/mqtt/client/received-ids.js'
import { until, within } from '../../support/adapter-context.js'
import { bytes, mqttFixture } from './fixture.js'
import { ScriptedBroker } from './support/scripted-broker.js'

type Version = 4 | 5

/** What our client makes of a stream, after a CONNACK. */
function ours(version: Version, stream: Buffer) {
  const seen: unknown[] = []
  const publishes: PublishPacket[] = []
  const failures: (Error | undefined)[] = []
  const handler: InboundHandler = {
    onAccepted() {},
    onRefused: () => seen.push('refused'),
    onPublish: (packet) => void publishes.push(packet),
    onOversize: () => seen.push('oversize'),
    onCompleted: ({ id, reason }) => seen.push(['completed', id, reason]),
    onReceived: ({ id, reason }) => seen.push(['pubrec', id, reason]),
    onPong: () => seen.push('pong'),
    onSubscription: () => void seen.push('suback'),
    onFailure: (error) => failures.push(error.cause as Error | undefined),
  }
  const inbound = new Inbound(
    'broker',
    { version, maxFrame: 1_000_000 },
    new Outbound(new PassThrough()),
    new ReceivedIds(undefined),
    handler,
  )
  inbound.feed(Buffer.from(version === 5 ? '2003000000' : '20020000', 'hex'))
  inbound.feed(stream)
  inbound.close()
  return { seen, publishes, failures }
}

/** What mqtt-packet makes of it, up to its first error. */
function theirs(version: Version, stream: Buffer): { packets: Packet[]; failed: boolean } {
  const packets: Packet[] = []
  let failed = false
  const reader = parser({ protocolVersion: version })
  reader.on('packet', (packet) => packets.push(packet))
  reader.on('error', () => {
    failed = true
  })
  try {
    reader.parse(Buffer.from(stream))
  } catch {
    failed = true
  }
  return { packets, failed }
}

const version = fc.constantFrom<Version>(4, 5)
const id = fc.integer({ min: 1, max: 65_535 })
const text = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' })
  .filter((t) => !/[+#\0]/.test(t))

const packet = fc.oneof(
  fc.record({
    cmd: fc.constant('publish' as const),
    topic: text,
    payload: fc.uint8Array({ maxLength: 300 }).map((given) => Buffer.from(given)),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    messageId: id,
    dup: fc.boolean(),
    retain: fc.boolean(),
  }),
  fc.record({
    cmd: fc.constantFrom('puback' as const, 'pubrec' as const, 'pubcomp' as const, 'pubrel' as const),
    messageId: id,
    reasonCode: fc.constant(0),
  }),
  fc.record({ cmd: fc.constant('suback' as const), messageId: id, granted: fc.constant([1]) }),
  fc.constant({ cmd: 'pingresp' as const }),
)

const write = (given: Packet, of: Version) =>
  generate(
    // A duplicate of QoS 0 is not written by mqtt-packet.
    given.cmd === 'publish' && given.qos === 0 ? { ...given, dup: false } : given,
    { protocolVersion: of },
  ) as Buffer

const summary = ({ topic, payload, qos, dup, retain }: IPublishPacket | PublishPacket) => ({
  topic,
  payload: Buffer.from(payload).toString('hex'),
  qos,
  dup,
  retain,
})

describe('our client reads a stream as mqtt-packet does', () => {
  it('where it is right', () => {
    fc.assert(
      fc.property(version, fc.array(packet, { maxLength: 20 }), (of, packets) => {
        const stream = Buffer.concat(packets.map((given) => write(given as Packet, of)))
        const [own, other] = [ours(of, stream), theirs(of, stream)]
        expect([own.failures, other.failed]).toEqual([[], false])
        const published = other.packets.filter((given) => given.cmd === 'publish') as IPublishPacket[]
        // A QoS 2 message under an identifier that is not released is the same one again.
        const unreleased = new Set<number>()
        const fresh = published.filter(({ qos, messageId }) => {
          if (qos !== 2) return true
          const isNew = !unreleased.has(messageId!)
          unreleased.add(messageId!)
          return isNew
        })
        if (fresh.length === published.length)
          expect(own.publishes.map(summary)).toEqual(published.map(summary))
        const names = other.packets
          .map(({ cmd }) => cmd)
          .filter((cmd) => cmd !== 'publish' && cmd !== 'pubrel')
        expect(own.seen).toHaveLength(names.length)
      }),
      { numRuns: 300 },
    )
  })

  it('where bytes are changed, and is no more generous in what it takes for a message', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(
        version,
        fc.array(packet, { minLength: 1, maxLength: 5 }),
        fc.array(change),
        (of, packets, changes) => {
          const stream = Buffer.concat(packets.map((given) => write(given as Packet, of)))
          for (const [at, value] of changes) stream[at % stream.length] = value
          const [own, other] = [ours(of, stream), theirs(of, stream)]
          for (const failure of own.failures)
            if (failure !== undefined) expect(failure).toBeInstanceOf(MalformedPacket)
          if (own.failures.length > 0 || other.failed) return
          const published = other.packets.filter((given) => given.cmd === 'publish') as IPublishPacket[]
          expect(own.publishes.length).toBeLessThanOrEqual(published.length)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('where it is anything at all: it fails with MalformedPacket or not', () => {
    fc.assert(
      fc.property(version, fc.uint8Array({ maxLength: 200 }), (of, stream) => {
        for (const failure of ours(of, Buffer.from(stream)).failures)
          if (failure !== undefined) expect(failure).toBeInstanceOf(MalformedPacket)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('our client says over a lost connection what mqtt.js says', () => {
  let broker: ScriptedBroker
  /** The DUP flags of the publishes, which mqtt.js leaves out against [MQTT-3.3.1-1]. */
  let dups: boolean[] = []
  afterEach(() => broker.stop())

  /** The packets of a QoS 2 publish whose connection is cut instead of the answer to `lost`. */
  async function exchange(
    lost: 'publish' | 'pubrel',
    run: (port: number) => Promise<() => Promise<unknown>>,
  ): Promise<object[]> {
    broker = await ScriptedBroker.start()
    let connections = 0
    let isCut = false
    broker.answer = (given, peer) => {
      if (given.cmd === 'connect') {
        peer.send({ cmd: 'connack', reasonCode: 0, sessionPresent: connections++ > 0 })
        return true
      }
      if (given.cmd === lost && !isCut) {
        isCut = true
        peer.socket.destroy()
        return true
      }
      if (given.cmd === 'publish') peer.send({ cmd: 'pubrec', messageId: given.messageId! })
      if (given.cmd === 'pubrel') peer.send({ cmd: 'pubcomp', messageId: given.messageId! })
      return false
    }
    const stop = await run(broker.server.port)
    const seen = broker.packets.filter(({ cmd }) => cmd === 'publish' || cmd === 'pubrel')
    const first = seen[0]!.messageId!
    dups = seen.flatMap((given) => (given.cmd === 'publish' ? [given.dup] : []))
    await stop()
    await broker.stop()
    return seen.map((given) => ({
      cmd: given.cmd,
      id: given.messageId! - first,
      ...(given.cmd === 'publish' && { qos: given.qos, payload: given.payload.toString() }),
    }))
  }

  it.each(['publish', 'pubrel'] as const)('when the answer to %s is lost', async (lost) => {
    const reference = await exchange(lost, async (port) => {
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
        protocolVersion: 5,
        clean: false,
        clientId: 'reference',
        reconnectPeriod: 5,
      })
      await client.publishAsync('t', 'x', { qos: 2 })
      return () => client.endAsync(true)
    })
    const own = await exchange(lost, async (port) => {
      const { adapter, context } = mqttFixture(port, { clean_session: false, protocol_version: 5 })
      await adapter.connect(AbortSignal.timeout(5_000))
      const published = adapter.pubsub!.publish('t', bytes('x'), { qos: 2 }, within()) as Promise<void>
      await until(() => context.lost.length === 1, 'the loss')
      await adapter.connect(AbortSignal.timeout(5_000))
      await published
      return () => adapter.disconnect()
    })
    expect(own).toEqual(reference)
    expect(dups).toEqual(lost === 'publish' ? [false, true] : [false])
  })
})
