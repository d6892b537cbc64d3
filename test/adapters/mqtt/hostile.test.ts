import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { integrationSettings, until, within } from '../../support/adapter-context.js'
import { bytes, Collector, type Fixture, mqttFixture } from './fixture.js'
import { FakeServer } from './support/fake-server.js'

const FRAME_LIMIT = 10_000
const limits = { ...integrationSettings({}).limits, frame: FRAME_LIMIT }

const CONNACK_5 = Buffer.from('2003000000', 'hex')
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

let server: FakeServer | undefined
let fixture: Fixture | undefined
afterEach(async () => {
  await fixture?.adapter.disconnect()
  await server?.stop()
  fixture = undefined
  server = undefined
})

/** A server that answers the first packet with `answer`, and a client of it. */
async function answering(answer: (socket: Socket) => void, config: object = {}): Promise<Fixture> {
  server = await FakeServer.start((socket) => socket.once('data', () => answer(socket)))
  fixture = mqttFixture(server.port, { ...config }, { limits })
  return fixture
}

/** A connected client of a server that then sends `packet`. */
async function afterConnack(packet: Buffer, version: 5 | '3.1.1' = 5): Promise<Fixture> {
  let peer: Socket | undefined
  const connack = version === 5 ? CONNACK_5 : hex('20020000')
  const made = await answering(
    (socket) => {
      peer = socket
      socket.write(connack)
    },
    { protocol_version: version },
  )
  await made.adapter.connect(AbortSignal.timeout(5_000))
  peer!.write(packet)
  return made
}

describe('a server that does not answer CONNECT properly', () => {
  it.each([
    ['garbage', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a length without end', hex('20ffffffffff')],
    ['a packet beyond the limit', hex('20ffff7f')],
    ['PUBLISH', hex('30030001 61')],
    ['CONNACK without content', hex('2000')],
    ['CONNACK with broken properties', hex('2005000003 ffff')],
  ])('gives a ConnectionError: %s', async (_name, answer) => {
    const { adapter, context } = await answering((socket) => socket.write(answer))
    await expect(adapter.connect(AbortSignal.timeout(2_000))).rejects.toBeInstanceOf(ConnectionError)
    await until(() => server!.open === 0, 'the connection to be closed')
    expect(context.lost).toEqual([])
    expect(server!.connections).toBeLessThanOrEqual(2)
  })

  it('gives a ConnectionError when it closes within CONNACK', async () => {
    const { adapter } = await answering((socket) => socket.end(CONNACK_5.subarray(0, 3)))
    await expect(adapter.connect(AbortSignal.timeout(2_000))).rejects.toBeInstanceOf(ConnectionError)
  })

  it('is given up when the signal aborts, and its socket closed', async () => {
    const { adapter } = await answering(() => {})
    const abort = new AbortController()
    const connecting = adapter.connect(abort.signal).catch((error) => error)
    await until(() => server!.open === 1, 'the connection')
    abort.abort()
    expect(await connecting).toBeInstanceOf(ConnectionError)
    await until(() => server!.open === 0, 'the connection to be closed')
    expect(await adapter.connect(AbortSignal.abort()).catch((error) => error)).toBeInstanceOf(ConnectionError)
  })

  it.each([
    ['88', /server unavailable/, true],
    ['8a', /banned/, false],
    ['85', /client identifier not valid/, false],
  ])('gives its reason 0x%s', async (code, text, retryable) => {
    const { adapter } = await answering((socket) => socket.write(hex(`200300${code}00`)))
    const error = await adapter.connect(AbortSignal.timeout(2_000)).catch((e) => e)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toMatch(text)
    expect(error.retryable).toBe(retryable)
    expect(server!.connections).toBe(1)
  })
})

describe('a server that goes wrong later', () => {
  it.each([
    ['a packet beyond the limit', `90${'ffff7f'}`],
    ['a length without end', '30ffffffff'],
    ['a topic longer than its packet', '3003 ffff 61'],
    ['an empty topic', '3003 0000 00'],
    ['a topic alias that was not offered', '3007 0001 61 03 23 0001'],
    ['QoS 3', '3606 0001 61 0001 00'],
    ['packet identifier 0', '3206 0001 61 0000 00'],
    ['no packet identifier', '3203 0001 61'],
    ['properties longer than the packet', '3004 0001 61 7f'],
    ['an unknown property', '3006 0001 61 02 7e00'],
    ['a property that is cut off', '3007 0001 61 03 26 ffff'],
    ['an endless property length', '3008 0001 61 ffffffffff'],
    ['an acknowledgement without identifier', '4000'],
    ['SUBACK of garbage', '9003 0001 7f'],
    ['a second CONNACK', '2003000000'],
    ['reserved packet type 0', '0000'],
    ['DISCONNECT', 'e0028e00'],
  ])('loses the connection, once: %s', async (name, packet) => {
    const { context } = await afterConnack(hex(packet))
    await until(() => context.lost.length > 0, 'the loss')
    await until(() => server!.open === 0, 'the connection to be closed')
    expect(context.lost).toHaveLength(1)
    expect(context.lost[0]).toBeInstanceOf(ConnectionError)
    if (name === 'DISCONNECT') expect(context.lost[0]!.message).toMatch(/session taken over \(0x8e\)/)
  })

  it('is not upset by acknowledgements of nothing', async () => {
    const { adapter, context } = await afterConnack(hex('40020001 50020002 62020003 70020004 d000'))
    await adapter.pubsub!.publish('x', bytes('x'), { qos: 0 }, within())
    await adapter.disconnect()
    expect(context.lost).toEqual([])
  })

  it('may cut its packets anywhere', async () => {
    const got = new Collector()
    server = await FakeServer.start((socket) => {
      socket.setNoDelay(true)
      socket.on('data', (chunk) => {
        if (chunk[0] === 0x10) socket.write(CONNACK_5)
        const at = chunk.indexOf(0x82)
        if (at < 0) return
        const suback = Buffer.concat([hex('9004'), chunk.subarray(at + 2, at + 4), hex('0000')])
        const message = Buffer.concat([hex('30d601 0001 61 00'), Buffer.alloc(210, 7)])
        const all = Buffer.concat([suback, message, message, message])
        let sent = 0
        const next = () => {
          if (sent >= all.length) return
          socket.write(all.subarray(sent, ++sent), () => setImmediate(next))
        }
        next()
      })
    })
    fixture = mqttFixture(server.port, {}, { limits })
    await fixture.adapter.connect(AbortSignal.timeout(5_000))
    await fixture.adapter.pubsub!.subscribe('a', { qos: 0 }, got, within())
    await until(() => got.messages.length === 3, 'three messages')
    expect(got.messages.every(({ topic, payload }) => topic === 'a' && payload.length === 210)).toBe(true)
  })
})
