import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EmbeddedBroker } from '../../../src/brokers/embedded-broker.js'
import { mqttListen } from '../../../src/brokers/mqtt/manifest.js'
import { createMqttBroker } from '../../../src/brokers/mqtt/mqtt-broker.js'
import { systemClock } from '../../../src/core/clock.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { systemRandom } from '../../../src/core/random.js'
import type { LogRecord } from '../../../src/core/telemetry.js'
import type { Value } from '../../../src/core/value.js'
import { closed } from '../../support/closed.js'
import { until } from '../memory/harness.js'

const never = new AbortController().signal

describe('the embedded MQTT broker', () => {
  const log: LogRecord[] = []
  const clients: MqttClient[] = []
  const brokers: EmbeddedBroker[] = []
  let port = 0

  function broker(listen: Record<string, Value>): EmbeddedBroker {
    const made = createMqttBroker({
      name: 'edge',
      listen: mqttListen.parse(listen),
      log: (record) => log.push(record),
      clock: systemClock,
      random: systemRandom,
    })
    brokers.push(made)
    return made
  }

  async function client(clientId: string, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
    const url = `mqtt://127.0.0.1:${port}`
    const made = await mqtt.connectAsync(url, {
      clientId,
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...options,
    })
    made.on('error', () => {})
    clients.push(made)
    return made
  }

  /** Sends bytes and waits for the connection to be closed by the other side. */
  async function closedAfter(bytes: Uint8Array): Promise<void> {
    const socket = dial(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    await once(socket, 'connect')
    socket.write(bytes)
    await closed(socket)
  }

  beforeEach(async () => {
    log.length = 0
    const address = await broker({ port: 0, max_connections: 5, max_packet: 10_000 }).start(never)
    expect(address.address).toBe('127.0.0.1')
    port = address.port!
  })
  afterEach(async () => {
    for (const one of clients.splice(0)) await one.endAsync(true)
    for (const one of brokers.splice(0)) await one.stop()
  })

  it('serves real clients: QoS 0 to 2, wildcards, retained messages', async () => {
    const subscriber = await client('s')
    const publisher = await client('p')
    const got: string[] = []
    subscriber.on('message', (topic, payload, packet) => got.push(`${topic} ${payload} ${packet.retain}`))
    await publisher.publishAsync('room/1', 'kept', { qos: 1, retain: true })
    await subscriber.subscribeAsync('room/+', { qos: 2 })
    await until(() => got.length === 1, 'the retained message is delivered')
    for (const qos of [0, 1, 2] as const) await publisher.publishAsync('room/2', `qos ${qos}`, { qos })
    await until(() => got.length === 4, 'all are delivered')
    expect(got[0]).toBe('room/1 kept true')
    expect(got.slice(1).sort()).toEqual(['room/2 qos 0 false', 'room/2 qos 1 false', 'room/2 qos 2 false'])
    await brokers[0]!.ping!()
  })

  it.each([
    ['bytes that are not MQTT', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a packet that is too large', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])],
    ['a length that never ends', Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 0x80])],
    ['a malformed CONNECT', Buffer.from([0x10, 0x04, 0xff, 0xff, 0xff, 0xff])],
  ])('closes the connection for %s, and no other', async (_, bytes) => {
    const neighbour = await client('n')
    await closedAfter(bytes)
    await neighbour.publishAsync('a', 'still there', { qos: 1 })
    expect(neighbour.connected).toBe(true)
    await until(() => log.length > 0, 'it is logged')
    expect(log[0]).toMatchObject({ level: 'warn', integration: 'edge' })
  })

  it('closes the connection of a client that publishes too large a packet', async () => {
    const one = await client('large')
    const neighbour = await client('n')
    const closed = new Promise((resolve) => one.on('close', () => resolve(undefined)))
    one.publish('a', Buffer.alloc(20_000))
    await closed
    await neighbour.publishAsync('a', Buffer.alloc(9_000), { qos: 1 })
  })

  it('takes no more connections than it may', async () => {
    for (let i = 0; i < 5; i++) await client(`c${i}`)
    await closedAfter(new Uint8Array(0))
    expect(log.some(({ message }) => /max_connections \(\d+\) reached/.test(message))).toBe(true)
    await clients.pop()!.endAsync()
    await until(() => clients.every(({ connected }) => connected), 'the others are there')
  })

  it('keeps messages for a session whose client is away, up to a bound', async () => {
    const options = { clean: false }
    const first = await client('away', options)
    await first.subscribeAsync('q', { qos: 1 })
    await first.endAsync()
    const publisher = await client('p')
    await Promise.all(
      Array.from({ length: 1_200 }, (_, i) => publisher.publishAsync('q', String(i), { qos: 1 })),
    )
    await until(
      () => log.some(({ message }) => /dropping messages for client away/.test(message)),
      'it is full',
    )
    const url = `mqtt://127.0.0.1:${port}`
    const back = mqtt.connect(url, { clientId: 'away', protocolVersion: 4, reconnectPeriod: 0, ...options })
    clients.push(back)
    const got: string[] = []
    back.on('message', (_, payload) => got.push(String(payload)))
    await until(() => got.length === 1_000, 'what was kept is delivered')
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)))
    expect(log).toHaveLength(1)
  })

  it('grants a client so many topic filters, and answers others with a failure', async () => {
    const one = await client('greedy')
    const topics = Array.from({ length: 1_000 }, (_, i) => `t/${i}`)
    // In one packet, whose filters are looked at together.
    const fault = await one.subscribeAsync([...topics, 'more/1', 'more/2']).catch((error: Error) => error)
    expect(fault).toBeInstanceOf(Error)
    await expect(one.subscribeAsync('more/3')).rejects.toThrow()
    await one.subscribeAsync('t/1')
    await one.unsubscribeAsync('t/1')
    await one.subscribeAsync('more/4')
    expect(one.connected).toBe(true)
  })

  it('names the address when it is in use', async () => {
    const attempt = broker({ port }).start(never)
    await expect(attempt).rejects.toBeInstanceOf(ConnectionError)
    await expect(attempt).rejects.toThrow(
      `broker edge cannot listen on 127.0.0.1:${port}: the address is in use`,
    )
  })

  it('stops with clients connected, frees its port, and may be stopped again', async () => {
    const one = await client('one')
    const raw = dial(port, '127.0.0.1')
    raw.on('error', () => {})
    raw.resume()
    await once(raw, 'connect')
    const gone = Promise.all([
      new Promise((resolve) => one.on('close', () => resolve(undefined))),
      once(raw, 'close'),
    ])
    await brokers[0]!.stop()
    await brokers[0]!.stop()
    await gone
    await expect(brokers[0]!.ping!()).rejects.toBeInstanceOf(ConnectionError)
    const next = createServer().listen(port, '127.0.0.1')
    await once(next, 'listening')
    expect((next.address() as AddressInfo).port).toBe(port)
    next.close()
  })

  it('does not start when it is told not to, or told nonsense', async () => {
    await expect(broker({ port: 0 }).start(AbortSignal.abort(new Error('no')))).rejects.toThrow('no')
    expect(mqttListen.parse({})).toMatchObject({ address: '127.0.0.1', port: 1_883, max_connections: 1_000 })
    for (const wrong of [{ prot: 1 }, { port: -1 }]) expect(mqttListen.safeParse(wrong).success).toBe(false)
  })

  it('leaves nothing behind when it is stopped while it starts', async () => {
    const late = broker({ port: 0 })
    const starting = expect(late.start(never)).rejects.toBeInstanceOf(ConnectionError)
    await late.stop()
    await starting
    const abort = new AbortController()
    const given = broker({ port: 0 }).start(abort.signal)
    abort.abort(new Error('given up'))
    await expect(given).rejects.toThrow('given up')
  })

  it('closes a line inside the process: it is reached over its port', async () => {
    const { port1, port2 } = new MessageChannel()
    const closed = once(port2, 'close')
    brokers[0]!.attach(port1)
    await closed
  })
})
