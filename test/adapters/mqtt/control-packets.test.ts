import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { generate, type Packet, parser } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { readConnack } from '../../../src/adapters/mqtt/client/connack.js'
import { writeConnect } from '../../../src/adapters/mqtt/client/connect.js'
import { MalformedPacket, Refused } from '../../../src/adapters/mqtt/client/errors.js'
import { Framer } from '../../../src/adapters/mqtt/client/framer.js'
import { keepAlive } from '../../../src/adapters/mqtt/client/keep-alive.js'
import { Outbound } from '../../../src/adapters/mqtt/client/outbound.js'
import { PacketIds } from '../../../src/adapters/mqtt/client/packet-ids.js'
import { Subscriptions } from '../../../src/adapters/mqtt/client/subscriptions.js'
import { StepClock } from '../../support/step-clock.js'

const VERSIONS = [4, 5] as const
type Version = (typeof VERSIONS)[number]

/** What mqtt-packet reads in `wire`, which is whole packets. */
function read(version: Version, wire: Uint8Array): Packet[] {
  const packets: Packet[] = []
  const reader = parser({ protocolVersion: version })
  reader.on('packet', (packet) => packets.push(packet))
  reader.on('error', (error) => {
    throw error
  })
  expect(reader.parse(Buffer.from(wire))).toBe(0)
  return packets
}

/** Where the variable header of a single packet begins and ends. */
function frame(wire: Buffer): [bytes: Buffer, body: number, end: number] {
  let found: [Buffer, number, number] | undefined
  new Framer(1_000_000, (bytes, _start, body, end) => {
    found = [bytes, body, end]
  }).feed(wire)
  return found!
}

const text = fc
  .string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
  .filter((value) => !/[+#\0]/.test(value))

describe('CONNECT', () => {
  it('is read by mqtt-packet as it was meant', () => {
    const settings = fc.record({
      version: fc.constantFrom(...VERSIONS),
      clientId: text,
      clean: fc.boolean(),
      keepAliveMs: fc.integer({ min: 1_000, max: 65_535_000 }),
      sessionExpiryMs: fc.integer({ min: 0, max: 4_294_967_295_000 }),
      receiveMaximum: fc.integer({ min: 1, max: 65_535 }),
      credentials: fc.option(fc.record({ username: text, password: text }), { nil: undefined }),
      will: fc.option(
        fc.record({ topic: text, payload: text, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean() }),
        { nil: undefined },
      ),
    })
    fc.assert(
      fc.property(settings, ({ credentials, will, ...given }) => {
        const wire = writeConnect({
          ...given,
          ...(credentials && { credentials }),
          ...(will && { will }),
        } as never)
        const [packet] = read(given.version, wire)
        expect(packet).toMatchObject({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: given.version,
          clientId: given.clientId,
          clean: given.clean,
          keepalive: Math.floor(given.keepAliveMs / 1_000),
          ...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
          ...(credentials && { username: credentials.username, password: Buffer.from(credentials.password) }),
          ...(given.version === 5 && {
            properties: {
              sessionExpiryInterval: Math.floor(given.sessionExpiryMs / 1_000),
              receiveMaximum: given.receiveMaximum,
            },
          }),
        })
        // A broker would discard what is larger without a word.
        expect(packet).not.toHaveProperty('properties.maximumPacketSize')
        expect('will' in packet!).toBe(will !== undefined)
        expect('username' in packet!).toBe(credentials !== undefined)
      }),
      { numRuns: 200 },
    )
  })

  it('is refused when a field does not fit, without saying what it holds', () => {
    const password = 'hunter2'.repeat(10_000)
    const settings = {
      clientId: 'c',
      clean: true,
      version: 5,
      keepAliveMs: 1_000,
      sessionExpiryMs: 0,
    } as const
    const limits = { receiveMaximum: 1 }
    const write = () => writeConnect({ ...settings, ...limits, credentials: { username: 'u', password } })
    expect(write).toThrow(new RangeError('the password is longer than 65,535 bytes'))
  })
})

describe('CONNACK', () => {
  const connack = (version: Version, properties: object, sessionPresent = false) =>
    frame(
      generate({ cmd: 'connack', reasonCode: 0, returnCode: 0, sessionPresent, properties } as Packet, {
        protocolVersion: version,
      }) as Buffer,
    )

  it('has defaults', () => {
    for (const version of VERSIONS)
      expect(readConnack(version, ...connack(version, {}, true))).toEqual({
        sessionPresent: true,
        receiveMaximum: 65_535,
        maximumQos: 2,
        maximumPacketSize: 268_435_460,
        sessionExpiry: undefined,
        wildcardsAvailable: true,
        retainAvailable: true,
        subscriptionIdsAvailable: version === 5,
        sharedSubscriptionsAvailable: true,
        serverKeepAlive: undefined,
      })
  })

  it('may say anything that mqtt-packet can write', () => {
    const wire = connack(5, {
      sessionExpiryInterval: 1,
      receiveMaximum: 20,
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: 100_000,
      assignedClientIdentifier: 'assigned',
      topicAliasMaximum: 10,
      reasonString: 'because',
      userProperties: { a: 'b', c: ['d', 'e'] },
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      serverKeepAlive: 30,
      responseInformation: 'response',
      serverReference: 'elsewhere',
      authenticationMethod: 'none',
      authenticationData: Buffer.from('data'),
    })
    expect(readConnack(5, ...wire)).toEqual({
      sessionPresent: false,
      sessionExpiry: 1,
      wildcardsAvailable: true,
      receiveMaximum: 20,
      maximumQos: 1,
      maximumPacketSize: 100_000,
      retainAvailable: false,
      subscriptionIdsAvailable: false,
      sharedSubscriptionsAvailable: false,
      serverKeepAlive: 30,
    })
  })

  it('throws MalformedPacket for any other bytes, and nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VERSIONS), fc.uint8Array({ maxLength: 40 }), (version, bytes) => {
        try {
          readConnack(version, Buffer.from(bytes), 0, bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedPacket)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe.each(VERSIONS)('subscriptions over version %i', (version) => {
  function start() {
    const wire = new PassThrough()
    const ids = new PacketIds()
    const subscriptions = new Subscriptions(new Outbound(wire), ids, version)
    const answer = (packet: Packet) =>
      subscriptions.onAnswer(...frame(generate(packet, { protocolVersion: version }) as Buffer))
    const sent = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return read(version, wire.read() as Buffer)
    }
    return { ids, subscriptions, answer, sent }
  }

  it('are asked for, answered, and taken back', async () => {
    const { ids, subscriptions, answer, sent } = start()
    const [first, second] = [
      subscriptions.subscribe('a/#', 1, 300),
      subscriptions.subscribe('b', 2, undefined),
    ]
    const packets = await sent()
    expect(packets).toMatchObject([
      { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/#', qos: 1 }] },
      { cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'b', qos: 2 }] },
    ])
    if (version === 5) expect(packets[0]).toMatchObject({ properties: { subscriptionIdentifier: 300 } })
    expect(ids.register(2)).toBe(false)
    answer({ cmd: 'suback', messageId: 2, granted: [version === 5 ? 0x87 : 0x80] })
    answer({ cmd: 'suback', messageId: 1, granted: [1] })
    answer({ cmd: 'suback', messageId: 77, granted: [1] })
    await first
    await expect(second).rejects.toThrow(version === 5 ? 'not authorized (0x87)' : 'unspecified error (0x80)')
    await expect(second).rejects.toBeInstanceOf(Refused)
    expect(ids.register(2)).toBe(true)
    const ended = subscriptions.unsubscribe('a/#')
    expect(await sent()).toMatchObject([{ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['a/#'] }])
    answer({ cmd: 'unsuback', messageId: 3, granted: [0] } as Packet)
    await ended
  })

  it('are refused when the filter is too long, and when there is no identifier', async () => {
    const { ids, subscriptions } = start()
    await expect(subscriptions.subscribe('x'.repeat(65_536), 0, 1)).rejects.toBeInstanceOf(RangeError)
    while (ids.allocate() !== null);
    await expect(subscriptions.subscribe('x', 0, 1)).rejects.toMatchObject({ notSent: true })
  })

  it('end with the connection', async () => {
    const { subscriptions } = start()
    const pending = subscriptions.subscribe('a', 0, undefined)
    const reason = new Error('gone')
    subscriptions.close(reason)
    await expect(pending).rejects.toBe(reason)
    await expect(subscriptions.unsubscribe('a')).rejects.toBe(reason)
  })
})

describe('keep-alive', () => {
  it('pings twice per interval, and gives up a broker that is silent for a whole one', async () => {
    const clock = new StepClock()
    const events: string[] = []
    let silent = false
    keepAlive(clock, 1_000, {
      sendPing: () => events.push('ping'),
      brokerIsSilent: () => silent,
      onSilence: () => events.push('silence'),
    })
    await clock.advance(1_000)
    expect(events).toEqual(['ping', 'ping'])
    silent = true
    await clock.advance(500)
    silent = false
    await clock.advance(500)
    expect(events.splice(0)).toEqual(['ping', 'ping', 'ping', 'ping'])
    silent = true
    await clock.advance(10_000)
    expect(events).toEqual(['ping', 'silence'])
    expect(clock.pending).toBe(0)
  })

  it('does nothing when the broker wants none', () => {
    const clock = new StepClock()
    keepAlive(clock, 0, { sendPing() {}, brokerIsSilent: () => true, onSilence() {} }).cancel()
    expect(clock.pending).toBe(0)
  })
})
