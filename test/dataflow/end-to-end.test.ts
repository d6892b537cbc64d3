// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { afterEach, expect, test } from 'vitest'
import { type ConfigObject, Gateway, type Update } from '../../src/index.js'

let gateway: Gateway | undefined
afterEach(async () => {
  await gateway?.shutdown({ timeout: '2s' })
  gateway = undefined
})

/** Starts a gateway with an integration `bus`, whose method `count` gives 1, 2, 3 and so on. */
async function start(flow: Omit<ConfigObject, 'integrations'>): Promise<Gateway> {
  gateway = await Gateway.start({ integrations: { bus: { type: 'memory' } }, ...flow })
  let calls = 0
  gateway.server('bus').register('count', async () => ++calls)
  gateway.server('bus').register('double', async (params) => (params as { n: number }).n * 2)
  gateway.server('bus').register('fail', async () => {
    throw new Error('no')
  })
  await gateway.server('bus').serve()
  return gateway
}

/** Reads updates until one passes. */
async function until(gateway: Gateway, name: string, test: (update: Update) => boolean): Promise<Update> {
  for await (const update of gateway.data(name)) if (test(update)) return update
  throw new Error('the data has ended')
}

test('polled data, a subscription and a queue have their newest values', async () => {
  const gateway = await start({
    data: {
      count: { type: 'rpc', integration: 'bus', method: 'count' },
      prices: { type: 'subscription', integration: 'bus', topic: 'prices/#' },
      jobs: { type: 'queue', integration: 'bus', queue: 'jobs', update: 'append', limit: 2 },
    },
  })
  // The first call may have come before the method was served: it is repeated.
  const first = await until(gateway, 'count', ({ error }) => error === undefined)
  expect(first).toMatchObject({ source: 'count', kind: 'full', timestamp: expect.any(Number) })
  const count = gateway.data<number>('count')
  const before = count.value!
  const [a, b] = await Promise.all([count.refresh(), count.refresh()])
  expect(a).toBe(b)
  expect(count.value).toBe(before + 1)
  expect(count.status).toBe('connected')

  await expect.poll(() => gateway.data('prices').status).toBe('connected')
  await gateway.pubsub('bus').publish('prices/a', { price: 3 }, { headers: { x: '1' } })
  const { value } = await until(gateway, 'prices', () => true)
  expect(value).toMatchObject({ topic: 'prices/a', payload: { price: 3 }, headers: { x: '1' } })

  for (const n of [1, 2, 3]) await gateway.queue('bus').send('jobs', n)
  const jobs = await until(
    gateway,
    'jobs',
    (update) =>
      (update.value as unknown[])[1] !== undefined &&
      (update.value as { payload: number }[])[1]!.payload === 3,
  )
  expect(jobs.value).toMatchObject([
    { queue: 'jobs', payload: 2, attempt: 1 },
    { queue: 'jobs', payload: 3 },
  ])
  await expect.poll(() => gateway.metrics().integrations.bus!.counts.acked).toBe(3)
  await expect(gateway.data('jobs').refresh()).rejects.toMatchObject({ kind: 'unsupported' })
  expect(() => gateway.data('cuont')).toThrow('did you mean "count"?')
})

test('an action runs, and its success runs another with the result', async () => {
  const gateway = await start({
    data: { told: { type: 'subscription', integration: 'bus', topic: 'told/#' } },
    actions: {
      double: { type: 'rpc', config: { integration: 'bus', method: 'double', params: {} } },
      tell: {
        type: 'publish',
        config: {
          integration: 'bus',
          topic: 'told/${trigger.params.n}',
          message: { twice: '${trigger.result}' },
        },
      },
      fail: { type: 'rpc', config: { integration: 'bus', method: 'fail' } },
    },
    on: { 'action.double.succeeded': { action: 'tell' } },
  })
  await expect.poll(() => gateway.data('told').status).toBe('connected')
  expect(await gateway.action('double').run({ n: 21 })).toBe(42)
  expect((await until(gateway, 'told', () => true)).value).toMatchObject({
    topic: 'told/21',
    payload: { twice: 42 },
    headers: { 'nemo-actions': 'double,tell' },
  })
  const failed = new Promise((resolve) => gateway.on('action:failed', resolve))
  await expect(gateway.action('fail').run()).rejects.toMatchObject({ kind: 'rpc' })
  expect(await failed).toMatchObject({ action: 'fail', error: 'rpc' })
  await expect.poll(() => gateway.metrics().triggers['action.double.succeeded']!.running).toBe(0)
  expect(gateway.metrics()).toMatchObject({
    actions: {
      double: { runs: 1, succeeded: 1, failed: 0 },
      fail: { runs: 1, failed: 1 },
    },
    triggers: { 'action.double.succeeded': { events: 1, runs: 1, errors: 0 } },
  })
})

test('sequences, parallel actions and conditions give their results', async () => {
  const double = (n: string) => ({
    type: 'rpc' as const,
    config: { integration: 'bus', method: 'double', params: { n } },
  })
  const gateway = await start({
    actions: {
      once: double('${trigger.n}'),
      twice: double('${action.once.result}'),
      both: { type: 'sequence', config: { actions: ['once', 'twice'] } },
      all: { type: 'parallel', config: { actions: ['once', 'both'] } },
      maybe: {
        type: 'conditional',
        // biome-ignore lint/suspicious/noThenProperty: a name of the configuration
        config: { condition: '${trigger.n > 2}', then: 'once', else: 'note' },
      },
      note: { type: 'log', config: { message: 'n is ${trigger.n}', fields: { n: '${trigger.n}' } } },
    },
  })
  const lines: object[] = []
  gateway.on('log', (record) => lines.push(record))
  const run = (name: string, n: number) => gateway.action(name).run({ n })
  expect(await run('both', 1)).toBe(4)
  expect(await run('all', 1)).toEqual([2, 4])
  expect(await run('maybe', 3)).toBe(6)
  expect(await run('maybe', 1)).toBe(null)
  expect(lines).toContainEqual({ level: 'info', message: 'n is 1', n: 1, action: 'note' })
  await expect(gateway.action('both').run({})).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringContaining('unknown value "trigger.n"'),
  })
})

test('a loop over a broker is stopped at run time, and named', async () => {
  const gateway = await start({
    data: { ticks: { type: 'subscription', integration: 'bus', topic: 'ticks/#' } },
    actions: {
      tick: {
        type: 'publish',
        config: { integration: 'bus', topic: 'ticks/${trigger.value.payload}', message: 1 },
      },
    },
    on: { 'data.ticks.updated': { action: 'tick' } },
  })
  await expect.poll(() => gateway.data('ticks').status).toBe('connected')
  const failed = new Promise((resolve) => gateway.on('action:failed', resolve))
  await gateway.pubsub('bus').publish('ticks/0', 1)
  expect(await failed).toMatchObject({
    action: 'tick',
    error: 'config',
    reason: expect.stringContaining('action.tick → action.tick is a loop'),
  })
  await expect.poll(() => gateway.metrics().triggers['data.ticks.updated']!.running).toBe(0)
  expect(gateway.metrics().triggers['data.ticks.updated']).toMatchObject({ runs: 17, errors: 1 })
})

test('a loop of actions in the process is stopped, and named', async () => {
  const gateway = await start({
    actions: {
      ping: { type: 'rpc', config: { integration: 'bus', method: 'double', params: { n: 1 } } },
      pong: { type: 'log', config: { message: 'pong' } },
    },
    on: {
      'action.ping.succeeded': { action: 'pong', condition: '${trigger.result == 2}' },
      'action.pong.succeeded': { action: 'ping' },
    },
  })
  const failed = new Promise((resolve) => gateway.on('action:failed', resolve))
  await gateway.action('ping').run()
  expect(await failed).toMatchObject({
    reason: expect.stringContaining('action.ping → action.pong → action.ping is a loop'),
  })
  expect(gateway.metrics().actions).toMatchObject({ ping: { succeeded: 8 }, pong: { succeeded: 8 } })
})

test('transforms apply to calls, subscriptions and queues, and a failure keeps the value', async () => {
  const jq = (query: string) => ({ type: 'jq' as const, query })
  const gateway = await start({
    data: {
      count: { type: 'rpc', integration: 'bus', method: 'count', transform: jq('{n: (. * 10)}') },
      prices: {
        type: 'subscription',
        integration: 'bus',
        topic: 'prices',
        transform: jq('.payload.price + 0'),
      },
      jobs: {
        type: 'queue',
        integration: 'bus',
        queue: 'jobs',
        transform: jq('.payload, .payload'),
        update: 'append',
      },
    },
  })
  const first = await until(gateway, 'count', ({ error }) => error === undefined)
  const { n } = first.value as { n: number }
  await gateway.data('count').refresh()
  expect((await until(gateway, 'count', ({ value }) => (value as { n: number }).n > n)).value).toEqual({
    n: n + 10,
  })

  await expect.poll(() => gateway.data('prices').status).toBe('connected')
  const prices = gateway.pubsub('bus')
  await prices.publish('prices', { price: 3 })
  await until(gateway, 'prices', ({ value }) => value === 3)
  await prices.publish('prices', { price: 'x' })
  const failed = await until(gateway, 'prices', ({ error }) => error !== undefined)
  expect(failed).toMatchObject({ value: 3, error: { kind: 'serialize' } })
  expect(gateway.data('prices')).toMatchObject({ value: 3, status: 'error' })
  await prices.publish('prices', { price: 4 })
  expect(await until(gateway, 'prices', ({ error }) => error === undefined)).toMatchObject({ value: 4 })

  await gateway.queue('bus').send('jobs', 'a')
  await until(gateway, 'jobs', ({ value }) => (value as unknown[]).length === 2)
  expect(gateway.data('jobs').value).toEqual(['a', 'a'])
  await expect.poll(() => gateway.metrics().integrations.bus!.counts.acked).toBe(2)
})

test('a join adds the newest value of other data, also after a crash of the actor', async () => {
  const gateway = await start({
    data: {
      rates: {
        type: 'subscription',
        integration: 'bus',
        topic: 'rates',
        transform: { type: 'jq', query: '.payload' },
      },
      prices: {
        type: 'subscription',
        integration: 'bus',
        topic: 'prices',
        transform: [
          { type: 'jq', query: '.payload' },
          { type: 'join', with: 'rates' },
        ],
      },
    },
  })
  const bus = gateway.pubsub('bus')
  const both = () => [gateway.data('rates').status, gateway.data('prices').status]
  await expect.poll(both).toEqual(['connected', 'connected'])
  await bus.publish('prices', { eur: 1 })
  expect((await until(gateway, 'prices', () => true)).value).toEqual({ eur: 1, rates: null })
  const joined = async (eur: number, rates: unknown) => {
    await expect
      .poll(async () => {
        await bus.publish('prices', { eur })
        return gateway.data('prices').value
      })
      .toEqual({ eur, rates })
  }
  await bus.publish('rates', { usd: 2 })
  await joined(2, { usd: 2 })
  await bus.publish('rates', { usd: 3 })
  await joined(3, { usd: 3 })
  const restarted = new Promise((resolve) => gateway.on('actor:restarted', resolve))
  await gateway.connections.inject('bus', 'throw').catch(() => {})
  await restarted
  await joined(4, { usd: 3 })
})

test('a refresh waits for a query on the slow path', async () => {
  const transform = { type: 'jq', query: '. + 1 | tgamma | round' } as const
  const gateway = await start({
    data: { count: { type: 'rpc', integration: 'bus', method: 'count', transform } },
  })
  await until(gateway, 'count', ({ error, value }) => error === undefined && value !== undefined)
  const count = gateway.data<number>('count')
  const before = count.value!
  await count.refresh()
  expect(count.value).toBeGreaterThan(before)
})

test('a message of a queue that a transform cannot take sets the error, and the value stays', async () => {
  const transform = { type: 'map', expr: '.payload | if . == "bad" then error("bad") else . end' } as const
  const gateway = await start({
    data: { jobs: { type: 'queue', integration: 'bus', queue: 'jobs', transform } },
  })
  await gateway.queue('bus').send('jobs', 'good')
  await until(gateway, 'jobs', ({ value }) => value === 'good')
  await gateway.queue('bus').send('jobs', 'bad')
  const failed = await until(gateway, 'jobs', ({ error }) => error !== undefined)
  expect(failed).toMatchObject({
    value: 'good',
    error: { kind: 'serialize', message: expect.stringContaining('bad') },
  })
  expect(gateway.data('jobs').status).toBe('error')
  await gateway.queue('bus').send('jobs', 'next')
  await until(gateway, 'jobs', ({ value, error }) => value === 'next' && error === undefined)
})

test('a message of a queue that cannot be decoded sets the error, and the value stays', async () => {
  const gateway = await start({ data: { jobs: { type: 'queue', integration: 'bus', queue: 'jobs' } } })
  const bus = gateway.queue('bus')
  await bus.send('jobs', 'good')
  await until(gateway, 'jobs', ({ value }) => value !== undefined)
  await bus.send('jobs', new Uint8Array([0xc1]), { format: 'binary' })
  const failed = await until(gateway, 'jobs', ({ error }) => error !== undefined)
  expect(failed).toMatchObject({
    value: { payload: 'good' },
    error: { kind: 'serialize', integration: 'bus', message: expect.stringMatching(/^json: /) },
  })
  expect(gateway.data('jobs').status).toBe('error')
  await bus.send('jobs', 'next')
  await until(gateway, 'jobs', ({ value, error }) => error === undefined && value !== failed.value)
  expect(gateway.data('jobs').status).toBe('connected')
})
