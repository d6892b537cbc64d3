import { randomUUID } from 'node:crypto'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEPT_BYTES } from '../../../src/adapters/mqtt/connection-memory.js'
import type { Attempt } from '../../../src/core/adapter/attempt.js'
import { until, within } from '../../support/adapter-context.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { bytes, Collector, type Fixture, mqttFixture } from './fixture.js'
import { PacketProxy, type Verdict } from './support/packet-proxy.js'

const TEXTS = ['a', 'b', 'c']
const EXCHANGE = new Set(['publish', 'puback', 'pubrec', 'pubrel', 'pubcomp'])

let broker: Mosquitto
let proxy: PacketProxy
let peer: MqttClient
beforeAll(async () => {
  broker = await startMosquitto({ config: ['log_type information'] })
  proxy = await PacketProxy.start(broker.port)
  peer = await mqtt.connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 })
  peer.setMaxListeners(0)
})
afterAll(async () => {
  peer?.end(true)
  await proxy?.stop()
  await broker?.stop()
})

/** Cuts the connection of `clientId` at the packet of that number of a message exchange. */
function cutAt(clientId: string, number: number, how: Verdict): () => boolean {
  let seen = 0
  let isCut = false
  proxy.judge = (packet, _direction, passage) => {
    if (isCut || passage.clientId !== clientId || !EXCHANGE.has(packet.cmd)) return 'pass'
    if (seen++ < number) return 'pass'
    isCut = true
    return how
  }
  return () => isCut
}

/** Does what the actor does: connects again when the connection is lost, and resumes what was rejected because of it. */
class Actor {
  readonly fixture: Fixture
  readonly onConnected: (fixture: Fixture) => Promise<void>
  #isStopped = false
  #connecting: Promise<void> = Promise.resolve()

  constructor(fixture: Fixture, onConnected: (fixture: Fixture) => Promise<void> = async () => {}) {
    this.fixture = fixture
    this.onConnected = onConnected
    Object.assign(fixture.context, { connectionLost: () => this.connect() })
  }

  connect(): Promise<void> {
    this.#connecting = this.#connect()
    return this.#connecting
  }

  async #connect(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.fixture.adapter.connect(AbortSignal.timeout(5_000))
        return await this.onConnected(this.fixture)
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }

  async publish(topic: string, text: string, qos: 1 | 2, operationId: string): Promise<void> {
    for (;;) {
      const attempt: Attempt = { ...within(20_000), operationId }
      try {
        return await this.fixture.adapter.pubsub!.publish(topic, bytes(text), { qos }, attempt)
      } catch (error) {
        if ((error as { kind?: string }).kind !== 'connection') throw error
        await this.#connecting
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }

  get isDead(): boolean {
    return this.#isStopped
  }

  /** As the thread dies: nothing is said to the broker. */
  die(): void {
    this.#isStopped = true
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.fixture.adapter.disconnect()
  }
}

interface Round {
  readonly clean: boolean
  readonly qos: 1 | 2
  readonly version: 5 | '3.1.1'
}

/** Runs `round` with a cut at each packet in turn, until there is none to be cut. */
async function atEachPacket(
  clientIdOf: (clientId: string) => string,
  round: (clientId: string) => Promise<void>,
): Promise<number> {
  let rounds = 0
  for (const how of ['lose', 'last'] as const)
    for (let number = 0; ; number++) {
      const clientId = `c-${randomUUID()}`
      const wasCut = cutAt(clientIdOf(clientId), number, how)
      await round(clientId)
      if (!wasCut()) break
      rounds++
    }
  return rounds
}

function witness(topic: string): { texts: string[]; stop: () => Promise<unknown>; ready: Promise<unknown> } {
  const texts: string[] = []
  const listen = (name: string, payload: Buffer) => {
    if (name === topic) texts.push(payload.toString())
  }
  peer.on('message', listen)
  return {
    texts,
    ready: peer.subscribeAsync(topic, { qos: 2 }),
    stop: () => {
      peer.off('message', listen)
      return peer.unsubscribeAsync(topic)
    },
  }
}

const config = (clientId: string, { clean, version }: Round) => ({
  client_id: clientId,
  clean_session: clean,
  protocol_version: version,
})

const rounds: readonly Round[] = ([5, '3.1.1'] as const).flatMap((version) =>
  [true, false].flatMap((clean) => ([1, 2] as const).map((qos) => ({ clean, qos, version }))),
)

/** How often each text arrived. */
const counts = (texts: readonly string[]) =>
  TEXTS.map((text) => texts.filter((other) => other === text).length)

describe('a publish whose connection is cut at any packet', () => {
  it.each(rounds)(
    'arrives: %o',
    async (given) => {
      const most = given.qos === 2 && !given.clean ? 1 : 2
      const cuts = await atEachPacket(
        (clientId) => clientId,
        async (clientId) => {
          const topic = `out/${clientId}`
          const seen = witness(topic)
          await seen.ready
          const actor = new Actor(mqttFixture(proxy.port, config(clientId, given)))
          await actor.connect()
          await Promise.all(TEXTS.map((text) => actor.publish(topic, text, given.qos, `${clientId}/${text}`)))
          await peer.publishAsync(topic, 'end', { qos: 2 })
          await until(() => seen.texts.includes('end'), 'the end')
          for (const count of counts(seen.texts)) {
            expect(count).toBeGreaterThanOrEqual(1)
            expect(count).toBeLessThanOrEqual(most)
          }
          if (most === 1) expect(seen.texts).toEqual([...TEXTS, 'end'])
          await actor.stop()
          await seen.stop()
        },
      )
      expect(cuts).toBeGreaterThanOrEqual(given.qos * 4 * TEXTS.length)
    },
    120_000,
  )

  it.each([5, '3.1.1'] as const)(
    'arrives once at QoS 2 in a kept session although its actor dies with the connection, MQTT %s',
    async (version) => {
      const given = { clean: false, qos: 2, version } as const
      const cuts = await atEachPacket(
        (clientId) => clientId,
        async (clientId) => {
          const topic = `death/${clientId}`
          const kept = new SharedArrayBuffer(KEPT_BYTES)
          const seen = witness(topic)
          await seen.ready
          const make = () => new Actor(mqttFixture(proxy.port, config(clientId, given), {}, { kept }))
          const publishAll = (actor: Actor) =>
            Promise.all(TEXTS.map((text) => actor.publish(topic, text, 2, `${clientId}/${text}`)))
          const first = make()
          await first.connect()
          Object.assign(first.fixture.context, { connectionLost: () => first.die() })
          const outcome = await Promise.race([
            publishAll(first).then(() => 'done' as const),
            until(() => first.isDead, 'the death').then(() => 'dead' as const),
          ])
          // The host hands over what it has not seen settled; of what was done it may not have heard.
          const second = make()
          if (outcome === 'done') await first.stop()
          await second.connect()
          await publishAll(second)
          await peer.publishAsync(topic, 'end', { qos: 2 })
          await until(() => seen.texts.includes('end'), 'the end')
          expect(counts(seen.texts)).toEqual([1, 1, 1])
          await second.stop()
          await seen.stop()
        },
      )
      expect(cuts).toBeGreaterThanOrEqual(2 * 4 * TEXTS.length)
    },
    120_000,
  )
})

describe('a subscription whose connection is cut at any packet', () => {
  it.each(rounds.filter(({ qos }) => qos === 2))(
    'gets each message once at most: %o',
    async (given) => {
      const cuts = await atEachPacket(
        (clientId) => `${clientId}-sub`,
        async (clientId) => {
          const topic = `in/${clientId}`
          const sink = new Collector()
          const actor = new Actor(mqttFixture(proxy.port, config(clientId, given)), async ({ adapter }) => {
            await adapter.pubsub!.subscribe(topic, { qos: 2 }, sink, within())
          })
          await actor.connect()
          for (const text of TEXTS) await peer.publishAsync(topic, text, { qos: 2 })
          // In a clean session the end is lost too when the subscription is away.
          await until(() => {
            if (!sink.texts.includes('end')) peer.publish(topic, 'end', { qos: given.clean ? 2 : 0 })
            return sink.texts.includes('end')
          }, 'the end')
          const found = counts(sink.texts)
          if (given.clean) expect(Math.max(...found)).toBeLessThanOrEqual(1)
          else expect(found).toEqual([1, 1, 1])
          await actor.stop()
        },
      )
      // How much of the last exchange there is depends on when the end overtakes it.
      expect(cuts).toBeGreaterThanOrEqual(2 * 4 * (TEXTS.length - 1))
    },
    120_000,
  )
})
