import { createRequire } from 'node:module'
import { Duplex } from 'node:stream'
import { MqttClient } from 'mqtt'
import { streamBuilder } from 'mqtt/lib/connect/ws'
import { generate, type Packet, parser } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { PacketIds } from '../../../src/adapters/mqtt/packet-ids.js'
import { SessionClient } from '../../../src/adapters/mqtt/session-client.js'
import { systemClock } from '../../../src/core/clock.js'
import { until } from '../../support/adapter-context.js'

const settings = {
  clientId: 'c',
  clean: true,
  version: 5,
  keepAliveMs: 1_000,
  sessionExpiryMs: 9_999,
  receiveMaximum: 7,
  maxFrame: 1_234,
  credentials: { username: 'u', password: 'p' },
  will: { topic: 'w', payload: 'gone', qos: 1, retain: true },
} as const

/** The broker's end of a stream, as packets. */
class Peer extends Duplex {
  readonly packets: Packet[] = []
  readonly #parser = parser({ protocolVersion: 5 })
  constructor() {
    super()
    this.#parser.on('packet', (packet) => this.packets.push(packet))
  }
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#parser.parse(chunk)
    done()
  }
  answer(packet: Packet): void {
    this.push(generate(packet, { protocolVersion: 5 }))
  }
}

let peer: Peer | undefined
afterEach(() => {
  peer?.destroy()
  peer = undefined
})

async function connect(brokerIsSilent = () => true) {
  const made = new Peer()
  peer = made
  const ids = new PacketIds()
  const client = new SessionClient(made, settings, ids, systemClock, { brokerIsSilent })
  const errors: Error[] = []
  client.on('error', (error) => errors.push(error))
  const ready = new Promise((resolve) => client.once('connect', resolve))
  await until(() => made.packets.length === 1, 'CONNECT')
  made.answer({ cmd: 'connack', reasonCode: 0, sessionPresent: false })
  await ready
  return { client, ids, errors, peer: made }
}

/** What the adapter counts on in mqtt.js; a new version that changes it fails here. */
describe('mqtt.js', () => {
  it('is the version that this was written for', () => {
    const { version } = createRequire(import.meta.url)('mqtt/package.json') as { version: string }
    expect(version).toBe('5.16.0')
    expect(MqttClient.VERSION).toBe(version)
    expect(typeof streamBuilder).toBe('function')
  })

  it('writes CONNECT to the stream it is given', async () => {
    const { peer } = await connect()
    expect(peer.packets[0]).toMatchObject({
      cmd: 'connect',
      protocolVersion: 5,
      clientId: 'c',
      clean: true,
      keepalive: 1,
      username: 'u',
      password: Buffer.from('p'),
      will: { topic: 'w', payload: Buffer.from('gone'), qos: 1, retain: true },
      properties: { sessionExpiryInterval: 9, receiveMaximum: 7, maximumPacketSize: 1_234 },
    })
  })

  it('takes its packet identifiers from us, and gives them back', async () => {
    const { client, ids, peer } = await connect()
    ids.allocate()
    const subscribing = client.subscribeAsync('a', { qos: 1, properties: { subscriptionIdentifier: 5 } })
    await until(() => peer.packets.length === 2, 'SUBSCRIBE')
    expect(peer.packets[1]).toMatchObject({
      cmd: 'subscribe',
      messageId: 2,
      properties: { subscriptionIdentifier: 5 },
    })
    expect(ids.register(2)).toBe(false)
    peer.answer({ cmd: 'suback', messageId: 2, granted: [1] })
    await subscribing
    expect(ids.register(2)).toBe(true)
  })

  it('gives the packet with the reason when a subscription is refused', async () => {
    const { client, peer } = await connect()
    const refused = new Promise((resolve) => client.subscribe('a', (...result) => resolve(result)))
    await until(() => peer.packets.length === 2, 'SUBSCRIBE')
    peer.answer({ cmd: 'suback', messageId: 1, granted: [0x87] })
    expect(await refused).toMatchObject([expect.any(Error), expect.anything(), { granted: [0x87] }])
  })

  it('rejects what is pending when the stream is destroyed, and does not connect again', async () => {
    const { client, peer } = await connect()
    const pending = client.subscribeAsync('a').catch((error: Error) => error)
    await until(() => peer.packets.length === 2, 'SUBSCRIBE')
    peer.destroy()
    expect(await pending).toBeInstanceOf(Error)
    expect(client.reconnecting).toBe(false)
    expect(client.connected).toBe(false)
  })

  it('asks us before it gives up a silent connection', async () => {
    let asked = 0
    const { errors, peer } = await connect(() => ++asked > 2)
    await until(() => errors.length > 0, 'the end')
    expect(asked).toBe(3)
    expect(errors[0]!.message).toBe('Keepalive timeout')
    expect(peer.destroyed).toBe(true)
    expect(peer.packets.filter(({ cmd }) => cmd === 'pingreq').length).toBeGreaterThanOrEqual(3)
  })
})
