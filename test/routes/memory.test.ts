// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ConfigObject } from '../../src/config/options.js'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'

const MEMORY = { type: 'memory' } as const
type Routes = NonNullable<ConfigObject['routes']>

/** A gateway with two integrations of one broker, and an application that looks from a third. */
async function gatewayWith(routes: Routes, more: ConfigObject['integrations'] = {}): Promise<Gateway> {
  const integrations = { source: MEMORY, sink: MEMORY, app: MEMORY, ...more }
  const gateway = await Gateway.start({ integrations, routes })
  onTestFinished(() => gateway.shutdown({ timeout: '5s' }))
  for (const name of Object.keys(integrations))
    await waitFor(() => gateway.connections.status(name).state === 'connected', {
      what: `${name} to connect`,
    })
  return gateway
}

/** Waits for figures of the route: the source hears of what has arrived a moment later. */
async function figures(gateway: Gateway, expected: object): Promise<void> {
  await waitFor(
    () => {
      const { counts, ...levels } = gateway.metrics().routes.r!
      expect({ ...counts, ...levels }).toMatchObject(expected)
      return true
    },
    { what: () => `the figures of the route: ${JSON.stringify(gateway.metrics().routes.r)}` },
  )
}

/** Collects the messages of a queue in order. */
function collect(gateway: Gateway, queue: string): unknown[] {
  const found: unknown[] = []
  const consumer = gateway.queue('app').consume(queue, { concurrency: 32 })
  void (async () => {
    for await (const message of consumer) found.push(message.value)
  })()
  return found
}

describe('a route between integrations', () => {
  test('moves the messages of a queue in order', async () => {
    const gateway = await gatewayWith({
      r: { from: { integration: 'source', queue: 'in' }, to: { integration: 'sink', queue: 'out' } },
    })
    const found = collect(gateway, 'out')
    for (let n = 0; n < 500; n++) void gateway.queue('app').send('in', { n })
    await waitFor(() => found.length === 500, { what: () => `500 messages, found ${found.length}` })
    expect(found).toEqual(Array.from({ length: 500 }, (_, n) => ({ n })))
    await figures(gateway, { received: 500, routed: 500, deadLettered: 0, waiting: 0 })
  })

  test('moves topics, with a topic made from each message, headers and hops', async () => {
    const gateway = await gatewayWith({
      r: {
        from: { integration: 'source', topic: 'sensors/#' },
        to: { integration: 'sink', topic: 'archive/${message.headers.site}/${message.topic}' },
      },
    })
    const app = gateway.pubsub('app')
    const subscription = await app.subscribe('archive/#')
    await app.publish('sensors/a', { t: 1 }, { headers: { site: 'one' } })
    const message = await subscription.recv()
    expect(message).toMatchObject({
      topic: 'archive/one/sensors/a',
      value: { t: 1 },
      headers: { site: 'one', 'nemo-hops': '1' },
    })
  })

  test('answers the caller of a method when the sink has accepted, and with what a called sink answers', async () => {
    const gateway = await gatewayWith({
      enqueue: {
        from: { integration: 'source', method: 'orders.put' },
        to: { integration: 'sink', queue: 'orders' },
      },
      call: {
        from: { integration: 'source', method: 'front.add' },
        to: { integration: 'sink', method: 'add' },
      },
    })
    const server = gateway.server('app')
    server.register('add', async (params) => (params as number[]).reduce((a, b) => a + b, 0))
    await server.serve()
    const found = collect(gateway, 'orders')
    await gateway.rpc('app').call('orders.put', { id: 7 })
    await waitFor(() => found.length === 1, { what: 'the order' })
    expect(found).toEqual([{ id: 7 }])
    expect(await gateway.rpc('app').call('front.add', [1, 2, 3])).toBe(6)
  })

  test('dead-letters what the sink refuses, and goes on', async () => {
    const gateway = await gatewayWith({
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', queue: 'out-${message.payload.to}' },
        dead_letter: { integration: 'sink', queue: 'dead' },
      },
    })
    const died: unknown[] = []
    gateway.on('message:dead', (letter) => died.push(letter))
    const [found, dead] = [collect(gateway, 'out-x'), collect(gateway, 'dead')]
    const app = gateway.queue('app')
    for (const value of [{ to: 'x', n: 1 }, { n: 2 }, { to: 'x', n: 3 }]) await app.send('in', value)
    await waitFor(() => found.length === 2 && dead.length === 1, { what: 'all three' })
    expect(found).toEqual([
      { to: 'x', n: 1 },
      { to: 'x', n: 3 },
    ])
    expect(dead).toEqual([{ n: 2 }])
    await waitFor(() => died.length === 1, { what: 'the event' })
    expect(died[0]).toMatchObject({ integration: 'source', route: 'r', queue: 'in' })
  })

  test('transforms, filters and makes several messages of one', async () => {
    const gateway = await gatewayWith({
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', queue: 'out' },
        transform: { type: 'jq', query: '.payload | select(.n > 0) | range(.n)' },
      },
    })
    const found = collect(gateway, 'out')
    for (const n of [2, 0, 3]) await gateway.queue('app').send('in', { n })
    await waitFor(() => found.length === 5, { what: () => `five messages, found ${JSON.stringify(found)}` })
    expect(found).toEqual([0, 1, 0, 1, 2])
    await figures(gateway, { routed: 2, filtered: 1 })
  })

  test('drops redeliveries', async () => {
    const gateway = await gatewayWith({
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'sink', queue: 'out' },
        idempotency: { key: '${message.headers.id}' },
      },
    })
    const found = collect(gateway, 'out')
    for (const id of ['a', 'b', 'a', 'c', 'b']) await gateway.queue('app').send('in', id, { headers: { id } })
    await waitFor(() => gateway.metrics().routes.r!.counts.received === 5, { what: 'all to be received' })
    await waitFor(() => found.length === 3, { what: 'three' })
    expect(found).toEqual(['a', 'b', 'c'])
    await figures(gateway, { duplicates: 2, routed: 3 })
  })

  test('a message that goes round in a circle ends at the hop limit', async () => {
    // The cycle depends on the message, so that the check cannot see it.
    const gateway = await gatewayWith({
      r: {
        from: { integration: 'source', queue: 'in' },
        to: { integration: 'source', queue: '${message.payload.to}' },
        max_hops: 4,
      },
    })
    const died: { reason: string }[] = []
    gateway.on('message:dead', (letter) => died.push(letter))
    await gateway.queue('app').send('in', { to: 'in' })
    await waitFor(() => died.length === 1, { what: 'the message to end' })
    expect(died[0]!.reason).toContain('max_hops')
    await figures(gateway, { routed: 4 })
  })

  test('goes on after the death of either actor', async () => {
    const gateway = await gatewayWith({
      r: { from: { integration: 'source', queue: 'in' }, to: { integration: 'sink', queue: 'out' } },
    })
    const found = collect(gateway, 'out')
    const app = gateway.queue('app')
    for (let n = 0; n < 1_500; n++) {
      if (n % 500 === 250)
        gateway.connections.inject(n % 1_000 === 250 ? 'source' : 'sink', 'throw').catch(() => {})
      await app.send('in', n)
    }
    await waitFor(() => new Set(found).size === 1_500, { what: () => `all, found ${new Set(found).size}` })
  })
})
