import { afterEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/core/errors/config.js'
import type { EventValues } from '../../src/core/events.js'
import { type ConfigObject, Gateway } from '../../src/index.js'

let gateway: Gateway | undefined
afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
  gateway = undefined
})

function configured(b: object = {}, rest: Partial<ConfigObject> = {}): ConfigObject {
  return { integrations: { a: { type: 'memory' }, b: { type: 'memory', ...b } }, ...rest } as ConfigObject
}

async function started(config: ConfigObject): Promise<Gateway> {
  gateway = await Gateway.start(config)
  for (const name of Object.keys(config.integrations ?? {})) await gateway.connections.get(name)
  return gateway
}

const threads = ({ connections }: Gateway) =>
  Object.fromEntries(['a', 'b'].map((name) => [name, connections.status(name).threadId]))

describe('reload', () => {
  test('changes nothing if nothing is different', async () => {
    const gateway = await started(configured())
    const before = threads(gateway)
    const events: EventValues<'config:reloaded'>[] = []
    gateway.on('config:reloaded', (event) => events.push(event))
    const plan = await gateway.reload()
    expect(plan.every(({ action }) => action === 'unchanged')).toBe(true)
    expect(threads(gateway)).toEqual(before)
    expect(events).toMatchObject([{ result: 'unchanged', changed: 0 }])
    expect(gateway.metrics().reloads).toEqual({ applied: 0, unchanged: 1, refused: 0, lastSucceeded: true })
  })

  test('gives a changed integration another thread, and leaves the others alone', async () => {
    const gateway = await started(configured())
    const before = threads(gateway)
    const plan = await gateway.reload(configured({ mailbox: { messages: 77 } }))
    expect(plan.find(({ name, kind }) => name === 'b' && kind === 'integration')).toMatchObject({
      action: 'reconnect',
      handOver: 'overlap',
      forcedBy: { attribute: 'mailbox.messages', place: 'integrations.b.mailbox.messages' },
    })
    const after = threads(gateway)
    expect(after.a).toBe(before.a)
    expect(after.b).not.toBe(before.b)
    await gateway.queue('b').send('q', 1)
  })

  test('changes supervision in place', async () => {
    const gateway = await started(configured())
    const before = threads(gateway)
    const plan = await gateway.reload(configured({ supervision: { max_restarts: 3 } }))
    expect(plan.find(({ action }) => action !== 'unchanged')).toMatchObject({ name: 'b', action: 'in place' })
    expect(threads(gateway)).toEqual(before)
  })

  test('loses no message of queues, in the hands of the application or not', async () => {
    const gateway = await started(configured())
    const seen = new Map<number, number>()
    const consumer = await gateway.queue('b').consume('jobs', { concurrency: 8 })
    const consuming = consumer.each(async (message) => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      const { n } = message.value as { n: number }
      seen.set(n, (seen.get(n) ?? 0) + 1)
    })
    const total = 600
    const sending = (async () => {
      for (let n = 0; n < total; n++) {
        await gateway.queue('b').send('jobs', { n })
        if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })()
    for (let round = 0; round < 4; round++)
      await gateway.reload(configured({ mailbox: { messages: 100 + round } }))
    await sending
    await expect.poll(() => seen.size, { timeout: 10_000 }).toBe(total)
    expect([...seen.values()].every((count) => count === 1)).toBe(true)
    await consumer.close()
    await consuming
  })

  test('loses no message of topics, and keeps calls and served methods going', async () => {
    const gateway = await started(configured())
    await gateway
      .server('b')
      .register('double', (params) => (params as number) * 2)
      .serve()
    const subscription = await gateway.pubsub('b').subscribe('t/#')
    const got: number[] = []
    const reading = (async () => {
      for await (const message of subscription) got.push(message.value as number)
    })()
    let isOver = false
    let calls = 0
    const calling = (async () => {
      while (!isOver) {
        expect(await gateway.rpc('b').call('double', 21)).toBe(42)
        calls++
      }
    })()
    let n = 0
    const publishing = (async () => {
      while (!isOver) {
        await gateway.pubsub('b').publish('t/x', n++)
        if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })()
    for (let round = 0; round < 4; round++)
      await gateway.reload(configured({ mailbox: { messages: 100 + round } }))
    isOver = true
    await Promise.all([calling, publishing])
    await expect.poll(() => new Set(got).size, { timeout: 10_000 }).toBe(n)
    expect(calls).toBeGreaterThan(0)
    await subscription.close()
    await reading
  })

  test('adds and removes integrations', async () => {
    const gateway = await started(configured())
    const { integrations } = configured()
    await gateway.reload({ integrations: { ...integrations, c: { type: 'memory' } } })
    await gateway.queue('c').send('q', 7)
    const before = threads(gateway)
    const removed = gateway.queue('c')
    await gateway.reload(configured())
    expect(() => gateway.queue('c')).toThrow(ConfigError)
    await expect(removed.send('q', 1)).rejects.toMatchObject({ kind: 'shutdown' })
    expect(threads(gateway)).toEqual(before)
  })

  test('refuses a faulty configuration, and says why', async () => {
    const gateway = await started(configured())
    const before = threads(gateway)
    const events: EventValues<'config:reloaded'>[] = []
    gateway.on('config:reloaded', (event) => events.push(event))
    await expect(gateway.reload(configured({ mailbox: { mesages: 1 } }))).rejects.toBeInstanceOf(ConfigError)
    expect(events).toMatchObject([{ result: 'refused', reason: expect.stringContaining('mesages') }])
    expect(gateway.metrics().reloads).toMatchObject({ refused: 1, lastSucceeded: false })
    expect(threads(gateway)).toEqual(before)
    await gateway.queue('b').send('q', 1)
  })

  test('does concurrent reloads one at a time, and the newest last', async () => {
    const gateway = await started(configured())
    const reloads = [1, 2, 3, 4].map((n) => gateway.reload(configured({ mailbox: { messages: n } })))
    await Promise.all(reloads)
    expect(
      (await gateway.reload(configured({ mailbox: { messages: 4 } }))).every(
        ({ action }) => action === 'unchanged',
      ),
    ).toBe(true)
    expect(gateway.metrics().reloads.applied).toBe(2)
  })

  test('a shutdown ends a reload', async () => {
    const gateway = await started(configured())
    const reload = gateway.reload({
      integrations: {
        ...configured({ limits: { frame: '1MB' } }).integrations,
        c: { type: 'nats', endpoint: { address: '127.0.0.1', port: 1 }, reconnect: { delay: '1s' } },
      },
    } as ConfigObject)
    const outcome = expect(reload).rejects.toMatchObject({ kind: 'shutdown' })
    await gateway.shutdown({ timeout: '2s' })
    await outcome
  })

  test('changes data, actions and triggers', async () => {
    const flow = (topic: string): Partial<ConfigObject> =>
      ({
        data: {
          d: { type: 'subscription', integration: 'b', topic },
          e: { type: 'subscription', integration: 'a', topic: 'e' },
        },
        actions: { put: { type: 'enqueue', config: { integration: 'b', queue: 'out' } } },
        on: { 'data.d.updated': { action: 'put' } },
      }) as Partial<ConfigObject>
    const gateway = await started(configured({}, flow('one')))
    const [d, e] = [gateway.data('d'), gateway.data('e')]
    await expect.poll(() => [d.status, e.status]).toEqual(['connected', 'connected'])
    await gateway.pubsub('b').publish('one', 1)
    await expect.poll(() => (d.value as { payload: unknown } | undefined)?.payload).toBe(1)
    const plan = await gateway.reload(configured({}, flow('two')))
    expect(
      plan.filter(({ action }) => action !== 'unchanged').map(({ kind, name }) => `${kind} ${name}`),
    ).toEqual(['data d'])
    expect(gateway.data('d')).toBe(d)
    await gateway.pubsub('b').publish('one', 2)
    // The new source may not be open yet.
    const publish = () => gateway.pubsub('b').publish('two', 3)
    await expect.poll(() => publish().then(() => (d.value as { payload: unknown }).payload)).toBe(3)
    expect((await gateway.queue('b').receive('out', { timeout: '2s' }))?.value).toBeDefined()
  })
})
