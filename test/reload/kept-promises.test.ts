import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

let mosquitto: Mosquitto
let gateway: Gateway | undefined
beforeAll(async () => {
  mosquitto = await startMosquitto()
}, 60_000)
afterAll(() => mosquitto?.stop())
afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
  gateway = undefined
})

type Integrations = NonNullable<ConfigObject['integrations']>

function events(config: object, more: object = {}): Integrations {
  return {
    events: {
      type: 'mqtt',
      format: 'json',
      endpoint: { address: '127.0.0.1', port: mosquitto.port },
      config: { qos: 1, ...config },
      ...more,
    },
  } as Integrations
}

async function started(config: ConfigObject): Promise<Gateway> {
  gateway = await Gateway.start(config)
  await gateway.connections.get('events')
  return gateway
}

test('a reload has happened when the sources of routes are open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-reload-'))
  const other = await mqtt.connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`)
  try {
    const configured = (round: number): ConfigObject => ({
      integrations: { ...events({ keep_alive: `${60 + round}s` }), sink: { type: 'memory' } },
      routes: {
        r: {
          from: { integration: 'events', topic: 'routed' },
          to: { integration: 'sink', queue: 'out' },
          buffer: { type: 'disk', path: folder },
        },
      },
    })
    const gateway = await started(configured(0))
    const routed = new Set<unknown>()
    const consuming = gateway.queue('sink').consume('out')
    void consuming.each(({ value }) => void routed.add(value)).catch(() => {})
    const sent: string[] = []
    for (let round = 1; round <= 3; round++) {
      await gateway.reload(configured(round))
      for (let n = 0; n < 10; n++) {
        sent.push(`${round}-${n}`)
        await other.publishAsync('routed', JSON.stringify(sent.at(-1)), { qos: 1 })
      }
    }
    await waitFor(() => sent.every((each) => routed.has(each)), {
      what: () => `all messages; missing: ${sent.filter((each) => !routed.has(each))}`,
    })
  } finally {
    await other.endAsync(true)
    await gateway?.shutdown({ timeout: 0 })
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)

test('a predecessor that spins holds up neither the reload nor what it had accepted', async () => {
  // A request that waits for the predecessor to settle would wait longer than the test may take.
  const more = { timeout: '10m', supervision: { heartbeat: '1s' } }
  const configured = (round: number): ConfigObject => ({
    integrations: events({ keep_alive: `${60 + round}s` }, more),
  })
  const gateway = await started(configured(0))
  const publish = (n: number) => gateway.pubsub('events').publish('spin', n)
  await publish(0)
  const reloading = gateway.reload(configured(1))
  void gateway.connections.inject('events', 'spin').catch(() => {})
  await Promise.all([reloading, ...Array.from({ length: 20 }, (_, n) => publish(n))])
  await publish(21)
}, 60_000)

test('calls of a method that the same integration serves are answered by a predecessor that is replaced in turn', async () => {
  // Most requests wait at the broker when the reload begins.
  const config = { client_id: 'self', clean_session: false, protocol_version: 5, receive_maximum: 4 }
  const configured = (round: number): ConfigObject => ({
    integrations: events({ ...config, keep_alive: `${60 + round}s` }, { timeout: '10m' }),
  })
  const gateway = await started(configured(0))
  const server = gateway.server('events')
  server.register('echo', async (value) => {
    await new Promise((resolve) => setTimeout(resolve, 2))
    return value
  })
  await server.serve()
  const calls = Array.from({ length: 100 }, (_, n) => gateway.rpc('events').call('echo', n))
  await Promise.all([gateway.reload(configured(1)), ...calls])
}, 60_000)

describe('what the application asks for', () => {
  test('is accepted by the settings that run while a reload in turn is tried, and refused', async () => {
    const config = { client_id: 'kept', clean_session: false }
    const gateway = await started({ integrations: events(config) })
    const dead = {
      type: 'json-rpc',
      endpoint: { address: `http://127.0.0.1:${await freePort()}` },
      supervision: { ready_timeout: '1s' },
    } as const
    let isOver = false
    const refused = gateway
      .reload({ integrations: { events: dead } })
      .catch((error: Error) => error)
      .finally(() => {
        isOver = true
      })
    const published: Promise<unknown>[] = []
    while (!isOver) {
      published.push(gateway.pubsub('events').publish('asked', 1))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await refused).toMatchObject({ kind: 'config' })
    await Promise.all(published)
  }, 60_000)

  test('of an integration that was removed is refused in words that are true', async () => {
    const integrations = { ...events({}), spare: { type: 'memory' } } as const
    const gateway = await started({ integrations })
    const spare = gateway.pubsub('spare')
    await spare.publish('t', 1)
    const subscription = await spare.subscribe('t')
    await gateway.reload({ integrations: events({}) })
    const removed = { kind: 'shutdown', message: '"spare" has been removed from the configuration' }
    await expect(spare.publish('t', 2)).rejects.toMatchObject(removed)
    expect(await subscription.recv()).toBeUndefined()
    await gateway.reload({ integrations })
    await expect(spare.publish('t', 3)).rejects.toMatchObject(removed)
    await gateway.pubsub('spare').publish('t', 4)
  })
})

describe('a kept session that no actor has any more', () => {
  const kept = (id: string, name = 'events') =>
    ({ [name]: events({ client_id: id, clean_session: false }).events! }) as Integrations
  const other = () => ({ other: events({ client_id: 'other' }).events! }) as Integrations

  /** Sends to a queue and returns how many of the messages arrive. */
  async function arriving(gateway: Gateway, queue: string, seen: ReadonlySet<unknown>): Promise<void> {
    const sent = Array.from({ length: 40 }, (_, n) => `${queue}-${seen.size}-${n}`)
    for (const each of sent) await gateway.queue('other').send(queue, each)
    await waitFor(() => sent.every((each) => seen.has(each)), {
      what: () => `all messages of ${queue}; missing: ${sent.filter((each) => !seen.has(each))}`,
    })
  }

  function consume(gateway: Gateway, name: string, queue: string, seen: Set<unknown>): void {
    const consuming = gateway
      .queue(name)
      .consume(queue)
      .each(({ value }) => void seen.add(value))
    consuming.catch(() => {})
  }

  test('gets no share of a queue after its client id has changed', async () => {
    const gateway = await started({ integrations: { ...kept('first'), ...other() } })
    const seen = new Set<unknown>()
    consume(gateway, 'events', 'renamed', seen)
    await waitFor(
      () =>
        gateway
          .queue('other')
          .send('renamed', 'x')
          .then(
            () => true,
            () => false,
          ),
      {
        what: 'a consumer',
      },
    )
    await gateway.reload({ integrations: { ...kept('second'), ...other() } })
    await arriving(gateway, 'renamed', seen)
    await gateway.reload({ integrations: { ...kept('first'), ...other() } })
    await arriving(gateway, 'renamed', seen)
  })

  test('gets no share of a queue and no topic after its integration was removed', async () => {
    const gateway = await started({ integrations: { ...kept('gone'), ...other() } })
    const seen = new Set<unknown>()
    consume(gateway, 'events', 'shared', seen)
    consume(gateway, 'other', 'shared', seen)
    const topics = await gateway.pubsub('events').subscribe('kept/topic', { qos: 1 })
    for (let n = 0; n < 10; n++)
      await waitFor(
        () =>
          gateway
            .queue('other')
            .send('shared', n)
            .then(
              () => true,
              () => false,
            ),
        {
          what: 'a consumer',
        },
      )
    await gateway.reload({ integrations: other() })
    await arriving(gateway, 'shared', seen)
    await gateway.pubsub('other').publish('kept/topic', 1, { qos: 1 })
    await topics.close()
    // The client comes back for its session.
    const client = mqtt.connect(`mqtt://127.0.0.1:${mosquitto.port}`, {
      clientId: 'gone-sub',
      clean: false,
      protocolVersion: 5,
      properties: { sessionExpiryInterval: 3_600 },
    })
    const found: unknown[] = []
    client.on('message', (topic) => found.push(topic))
    await new Promise((resolve) => client.once('connect', resolve))
    // What waits in a session comes before the answer to a later message.
    await client.subscribeAsync('last', { qos: 1 })
    await client.publishAsync('last', '', { qos: 1 })
    await waitFor(() => found.includes('last'), { what: 'the last message' })
    await client.endAsync()
    expect(found).toEqual(['last'])
  })
})
