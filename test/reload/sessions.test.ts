import { randomUUID } from 'node:crypto'
import mqtt from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

type Integrations = NonNullable<ConfigObject['integrations']>

const COUNT = 50

let brokers: readonly Mosquitto[]
let gateway: Gateway
/** Another client, which knows nothing of the gateway. */
let sender: mqtt.MqttClient
/** The client ids and the queue of one test. */
let id: string
let queue: string
beforeAll(async () => {
  brokers = [await startMosquitto(), await startMosquitto()]
  sender = await mqtt.connectAsync(brokers[0]!.url, { protocolVersion: 5 })
}, 60_000)
afterAll(async () => {
  await sender?.endAsync(true)
  await Promise.all(brokers.map((broker) => broker.stop()))
})
afterEach(() => gateway?.shutdown({ timeout: '100ms' }))

/** An integration with kept sessions. */
function kept(config: object, more: object = {}, broker = brokers[0]!): Integrations[string] {
  const endpoint = { address: '127.0.0.1', port: broker.port }
  const all = { clean_session: false, qos: 1, ...config }
  return { type: 'mqtt', format: 'json', endpoint, config: all, ...more } as Integrations[string]
}

async function started(config: ConfigObject): Promise<Gateway> {
  id = randomUUID().slice(0, 8)
  queue = `jobs-${id}`
  gateway = await Gateway.start(config)
  return gateway
}

/** Counts what an integration consumes of the queue. */
async function consuming(integration: string, handle: () => Promise<void> = async () => {}) {
  const seen = new Map<number, number>()
  const consumer = gateway.queue(integration).consume(queue, { concurrency: COUNT })
  void consumer
    .each(async ({ value }) => {
      await handle()
      seen.set(value as number, (seen.get(value as number) ?? 0) + 1)
    })
    .catch(() => {})
  return seen
}

async function reading(subscription: AsyncIterable<{ readonly value: unknown }>, into: unknown[]) {
  for await (const { value } of subscription) into.push(value)
}

/** Waits until clients are members of the group of a queue: the broker has granted their subscriptions. */
async function joined(isMember: (n: number) => boolean, url = brokers[0]!.url) {
  const client = url === brokers[0]!.url ? sender : await mqtt.connectAsync(url, { protocolVersion: 5 })
  let n = -1
  await waitFor(() => client.publishAsync(queue, `${n--}`, { qos: 1 }).then(() => isMember(n + 1)), {
    what: 'the consumers',
  })
  if (client !== sender) await client.endAsync(true)
}

const send = (from: number, client = sender) =>
  Promise.all(Array.from({ length: COUNT }, (_, n) => client.publishAsync(queue, `${from + n}`, { qos: 1 })))

async function expectAll(seen: readonly ReadonlyMap<number, number>[], from: number) {
  const missing = () =>
    Array.from({ length: COUNT }, (_, n) => from + n).filter((n) => !seen.some((each) => each.has(n)))
  await waitFor(() => missing().length === 0, { what: () => `${missing()}`, timeoutMs: 20_000 }).catch(
    () => {},
  )
  expect(missing()).toEqual([])
}

/** Another member of the group of a queue. */
async function otherMember(group = 'nemo-workers', broker = brokers[0]!) {
  const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5 })
  const seen = new Map<number, number>()
  client.on('message', (_, payload) => seen.set(Number(payload), (seen.get(Number(payload)) ?? 0) + 1))
  await client.subscribeAsync(`$share/${group}/${queue}`, { qos: 1 })
  return { client, seen, stop: () => client.endAsync(true) }
}

/** Whether the broker has the session of a client. Ends it. */
async function hasSession(clientId: string, broker = brokers[0]!): Promise<boolean> {
  const options = { clientId, clean: false, protocolVersion: 5, reconnectPeriod: 0 } as const
  const client = mqtt.connect(broker.url, options)
  const { sessionPresent } = await new Promise<mqtt.IConnackPacket>((resolve, reject) => {
    client.once('connect', resolve)
    client.once('error', reject)
  })
  await client.endAsync(true)
  return sessionPresent
}

async function sessionsOf(clientId: string, broker = brokers[0]!): Promise<readonly string[]> {
  const all = ['', '-sub', '-serve', `-queue-${queue}`].map((suffix) => clientId + suffix)
  const present = await Promise.all(all.map((each) => hasSession(each, broker)))
  return all.filter((_, index) => present[index])
}

describe.each([5, '3.1.1'] as const)('MQTT %s: sessions that the broker keeps', (protocol_version) => {
  test('end when the client id changes, and nobody waits for what they would have got', async () => {
    const ids = { a: randomUUID(), b: randomUUID() }
    const configured = (client_id: string) => ({
      integrations: { one: kept({ client_id, protocol_version }) },
    })
    await started(configured(ids.a))
    const gaps: string[] = []
    gateway.on('subscription:gap', ({ topic }) => gaps.push(topic))
    const seen = await consuming('one')
    const topic = `t-${id}`
    const heard: number[] = []
    const subscription = await gateway.pubsub('one').subscribe(topic, { qos: 1 })
    void reading(subscription, heard)
    const server = gateway.server('one')
    server.register(`m-${id}`, () => 1)
    await server.serve()
    await joined(() => seen.size > 0)
    for (const [round, to] of [ids.b, ids.a].entries()) {
      await gateway.reload(configured(to))
      await send(round * COUNT)
      await expectAll([seen], round * COUNT)
      await Promise.all(
        Array.from({ length: COUNT }, (_, n) => sender.publishAsync(topic, `${round * COUNT + n}`)),
      )
      await waitFor(() => heard.length >= (round + 1) * COUNT, { what: 'the topic' })
    }
    expect(heard).toEqual(Array.from({ length: 2 * COUNT }, (_, n) => n))
    // Both are connected while the client id changes.
    expect(gaps).toEqual([])
    expect(await sessionsOf(ids.b)).toEqual([])
    await gateway.shutdown()
    // A shutdown keeps them for the next start.
    expect(await sessionsOf(ids.a)).toHaveLength(4)
  }, 60_000)

  test('end with an integration that is removed, which gives back what waits for it', async () => {
    const client_id = randomUUID()
    const two = { two: kept({ client_id: randomUUID(), protocol_version }) }
    await started({
      integrations: { one: kept({ client_id, protocol_version, receive_maximum: 1_000 }), ...two },
    })
    // It takes all, and handles nothing.
    let taken = 0
    await consuming('one', () => {
      taken++
      return new Promise(() => {})
    })
    await gateway.pubsub('one').subscribe(`t-${id}`, { qos: 1 })
    await joined(() => taken > 0)
    await send(0)
    // Over 3.1.1 the broker has at most 20 in flight.
    await waitFor(() => taken >= 20, { what: 'the handlers' })
    const seen = await consuming('two')
    await joined(() => seen.size > 0)
    await gateway.reload({ integrations: two })
    await send(COUNT)
    await expectAll([seen], 0)
    await expectAll([seen], COUNT)
    expect(await sessionsOf(client_id)).toEqual([])
  }, 60_000)
})

test('a renamed integration with the same client id has the sessions of the earlier one', async () => {
  const client_id = randomUUID()
  await started({ integrations: { one: kept({ client_id }) } })
  const one = await consuming('one')
  await gateway.pubsub('one').subscribe(`t-${id}`, { qos: 1 })
  await joined(() => one.size > 0)
  await gateway.reload({ integrations: { uno: kept({ client_id }) } })
  await send(0)
  const uno = await consuming('uno')
  await expectAll([one, uno], 0)
  await gateway.shutdown()
  expect(await sessionsOf(client_id)).toEqual([client_id, `${client_id}-sub`, `${client_id}-queue-${queue}`])
}, 60_000)

test('a removed integration keeps what nobody else takes, until its client id comes back', async () => {
  const one = { one: kept({ client_id: randomUUID() }) }
  const spare = { spare: { type: 'memory' } } as const
  await started({ integrations: { ...one, ...spare } })
  let taken = 0
  await consuming('one', () => {
    taken++
    return new Promise(() => {})
  })
  await joined(() => taken > 0)
  await send(0)
  await waitFor(() => taken >= COUNT, { what: 'the handlers' })
  await gateway.reload({ integrations: spare })
  const other = await otherMember()
  try {
    await send(COUNT)
    await expectAll([other.seen], COUNT)
    await gateway.reload({ integrations: { ...one, ...spare } })
    await expectAll([await consuming('one'), other.seen], 0)
  } finally {
    await other.stop()
  }
}, 60_000)

test('two integrations that swap their client ids end the sessions of neither', async () => {
  const ids = [randomUUID(), randomUUID()] as const
  const configured = ([one, two]: readonly [string, string]) => ({
    integrations: { one: kept({ client_id: one }), two: kept({ client_id: two }) },
  })
  await started(configured(ids))
  const [one, two] = [await consuming('one'), await consuming('two')]
  await joined(() => one.size > 0 && two.size > 0)
  await gateway.reload(configured([ids[1], ids[0]]))
  await send(0)
  await expectAll([one, two], 0)
  await gateway.shutdown()
  for (const each of ids) expect(await sessionsOf(each)).toContain(`${each}-queue-${queue}`)
}, 60_000)

test('a member of another group leaves the earlier one', async () => {
  const client_id = randomUUID()
  const configured = (queue_group: string) => ({ integrations: { one: kept({ client_id, queue_group }) } })
  await started(configured('first'))
  const one = await consuming('one')
  const other = await otherMember('first')
  try {
    await joined(() => one.size > 0 && other.seen.size > 0)
    await gateway.reload(configured('second'))
    await send(0)
    await expectAll([one], 0)
    await expectAll([other.seen], 0)
  } finally {
    await other.stop()
  }
}, 60_000)

test('an integration that moves to another broker leaves the group at the earlier one', async () => {
  const client_id = randomUUID()
  const configured = (broker: Mosquitto) => ({ integrations: { one: kept({ client_id }, {}, broker) } })
  await started(configured(brokers[0]!))
  const one = await consuming('one')
  const other = await otherMember()
  try {
    await joined(() => one.size > 0 && other.seen.size > 0)
    await gateway.reload(configured(brokers[1]!))
    await send(0)
    await expectAll([other.seen], 0)
    expect(await sessionsOf(client_id)).toEqual([])
    await joined(() => one.size > 1, brokers[1]!.url)
  } finally {
    await other.stop()
  }
}, 60_000)

test.each([
  { what: 'the session stays while the addresses of the broker get more', client_id: randomUUID() },
  { what: 'a generated client id has a session in each life' },
])(
  'a subscription misses nothing: $what',
  async ({ client_id }) => {
    const configured = (address: string | string[]) =>
      ({
        integrations: { one: kept({ client_id }, { endpoint: { address, port: brokers[0]!.port } }) },
      }) as ConfigObject
    await started(configured('127.0.0.1'))
    const gaps: string[] = []
    gateway.on('subscription:gap', ({ topic }) => gaps.push(topic))
    const heard: unknown[] = []
    void reading(await gateway.pubsub('one').subscribe(`t-${id}`, { qos: 1 }), heard)
    let isOver = false
    const reloaded = gateway.reload(configured(['127.0.0.1', 'localhost'])).finally(() => {
      isOver = true
    })
    let sent = 0
    while (!isOver) await sender.publishAsync(`t-${id}`, `${sent++}`, { qos: 1 })
    await reloaded
    const missing = () => Array.from({ length: sent }, (_, n) => n).filter((n) => !heard.includes(n))
    await waitFor(() => missing().length === 0, { what: () => `${missing()}` })
    expect(gaps).toEqual([])
  },
  60_000,
)

test('a route that reads another queue leaves the group of the earlier one', async () => {
  const client_id = randomUUID()
  await started({ integrations: {} })
  const configured = (name: string): ConfigObject => ({
    integrations: { one: kept({ client_id }), sink: { type: 'memory' } },
    routes: { r: { from: { integration: 'one', queue: name }, to: { integration: 'sink', queue: 'out' } } },
  })
  await gateway.reload(configured(queue))
  const routed: unknown[] = []
  void gateway
    .queue('sink')
    .consume('out')
    .each(({ value }) => void routed.push(value))
    .catch(() => {})
  await joined(() => routed.length > 0)
  await gateway.reload(configured(`other-${id}`))
  const other = await otherMember()
  try {
    await send(0)
    await expectAll([other.seen], 0)
    expect(await sessionsOf(client_id)).not.toContain(`${client_id}-queue-${queue}`)
  } finally {
    await other.stop()
  }
}, 60_000)

describe('a reload that is refused', () => {
  const dead = async () => ({
    endpoint: { address: '127.0.0.1', port: await freePort() },
    supervision: { ready_timeout: '1s' },
  })

  test('leaves the sessions of an actor as they were while another client id is tried', async () => {
    const ids = { a: randomUUID(), b: randomUUID() }
    await started({ integrations: { one: kept({ client_id: ids.a }) } })
    const gaps: string[] = []
    gateway.on('subscription:gap', ({ topic }) => gaps.push(topic))
    const one = await consuming('one')
    const heard: unknown[] = []
    void reading(await gateway.pubsub('one').subscribe(`t-${id}`, { qos: 1 }), heard)
    await joined(() => one.size > 0)
    const integrations = { one: kept({ client_id: ids.b }), dead: kept({}, await dead()) }
    let isOver = false
    const refused = gateway
      .reload({ integrations })
      .catch((error: Error) => error)
      .finally(() => {
        isOver = true
      })
    let sent = 0
    while (!isOver) await sender.publishAsync(`t-${id}`, `${sent++}`, { qos: 1 })
    expect(await refused).toMatchObject({ kind: 'config' })
    await waitFor(() => heard.length >= sent, { what: () => `${heard.length} of ${sent}` })
    expect(heard).toEqual(Array.from({ length: sent }, (_, n) => n))
    expect(gaps).toEqual([])
    expect(await sessionsOf(ids.b)).toEqual([])
    await send(0)
    await expectAll([one], 0)
  }, 60_000)

  test('reports the gap of the sessions that it had ended, and ends those that it had made', async () => {
    const configured = (group: string, more = {}) => ({
      integrations: {
        one: kept({ client_id: ids.one, queue_group: group }),
        two: kept({ client_id: ids.two, queue_group: group }, more),
      },
    })
    const ids = { one: randomUUID(), two: randomUUID() }
    await started(configured('first'))
    const gaps: string[] = []
    gateway.on('subscription:gap', ({ topic }) => gaps.push(topic))
    const one = await consuming('one')
    const heard: unknown[] = []
    void reading(await gateway.pubsub('one').subscribe(`t-${id}`, { qos: 1 }), heard)
    const other = [await otherMember('first'), await otherMember('second')]
    try {
      await joined(() => one.size > 0)
      await expect(gateway.reload(configured('second', await dead()))).rejects.toThrow()
      expect(new Set(gaps)).toEqual(new Set([`t-${id}`]))
      const heardAgain = () => sender.publishAsync(`t-${id}`, '1').then(() => heard.length > 0)
      await waitFor(heardAgain, { what: 'the topic' })
      await send(0)
      await expectAll([one, other[0]!.seen], 0)
      await expectAll([other[1]!.seen], 0)
    } finally {
      await Promise.all(other.map((each) => each.stop()))
    }
  }, 60_000)

  test('leaves no member of an integration that it had created', async () => {
    const client_id = randomUUID()
    const sink = { sink: { type: 'memory' } } as const
    await started({ integrations: sink })
    const from = { integration: 'one', queue }
    const changed = {
      integrations: { ...sink, one: kept({ client_id }), dead: kept({}, await dead()) },
      routes: { r: { from, to: { integration: 'sink', queue: 'out' } } },
    } as ConfigObject
    await expect(gateway.reload(changed)).rejects.toThrow()
    expect(await sessionsOf(client_id)).toEqual([])
  }, 60_000)
})
