import { expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load.js'
import type { ConfigObject } from '../../src/config/options.js'

function load(configuration: ConfigObject) {
  const checked = checkConfig(configuration, { env: {} })
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics))
  return checked.config
}

const MB = 1024 * 1024

test('every default is filled in', () => {
  const { integrations, brokers, supervisors } = load({ integrations: { a: { type: 'memory' } } })
  const backoff = { kind: 'exponential', initialMs: 100, factor: 2, maxMs: 10_000 }
  const supervision = {
    restart: 'permanent',
    maxRestarts: 10,
    withinMs: 60_000,
    backoff,
    jitter: 0.2,
    shutdownMs: 5_000,
    poisonThreshold: 3,
    warmSpares: 0,
  }
  expect(integrations).toMatchObject([
    {
      supervision,
      settings: {
        name: 'a',
        type: 'memory',
        endpoint: { addresses: [] },
        config: { broker: 'memory' },
        auth: { type: 'none' },
        format: 'json',
        timeoutMs: 30_000,
        retry: { maxAttempts: 1, backoff, jitter: 0.2, retryableErrors: [] },
        circuitBreaker: { failureThreshold: 5, successThreshold: 2, timeoutMs: 30_000 },
        healthCheck: { enabled: false, intervalMs: 30_000, timeoutMs: 5_000 },
        reconnect: { enabled: true, maxAttempts: -1, delayMs: 1_000, maxDelayMs: 60_000, offline: 'wait' },
        mailbox: { messages: 10_000, bytes: 64 * MB, overflow: 'block' },
        limits: { memory: 512 * MB, frame: 16 * MB },
        heartbeatMs: 1_000,
      },
    },
  ])
  expect(brokers).toMatchObject([
    { name: 'memory', listen: {}, heartbeatMs: 1_000, memory: 512 * MB, supervision },
  ])
  expect(supervisors).toEqual([])
})

test('a block that is there has defaults of its own', () => {
  const { integrations } = load({ integrations: { a: { type: 'memory', retry: {}, health_check: {} } } })
  expect(integrations[0]!.settings).toMatchObject({
    retry: { maxAttempts: 3 },
    healthCheck: { enabled: true },
  })
})

test('the time for an attempt may stand in the config of JSON-RPC; the own attribute goes before it', () => {
  const endpoint = { address: 'http://localhost' }
  const config = { timeout: '5s' }
  const of = (timeout?: string) =>
    load({
      integrations: { a: { type: 'json-rpc', endpoint, config, ...(timeout !== undefined && { timeout }) } },
    }).integrations[0]!.settings.timeoutMs
  expect(of()).toBe(5_000)
  expect(of('2s')).toBe(2_000)
})

test('a declared broker is used, a missing one is added once', () => {
  const memory = (broker?: string) => ({
    type: 'memory',
    ...(broker !== undefined && { config: { broker } }),
  })
  const { brokers } = load({
    brokers: { mine: { type: 'memory', limits: { memory: '64MB' } } },
    integrations: { a: memory('mine'), b: memory(), c: memory() },
  })
  expect(brokers.map(({ name, memory: bytes }) => [name, bytes])).toEqual([
    ['mine', 64 * MB],
    ['memory', 512 * MB],
  ])
})

test('every attribute arrives', () => {
  const { integrations, supervisors } = load({
    supervisors: { core: { strategy: 'rest_for_one', max_restarts: 3, within: '10s' } },
    integrations: {
      a: {
        type: 'mqtt',
        endpoint: { address: ['one', 'two'], port: 8883, tls: { verify_server: false, min_version: '1.3' } },
        auth: { type: 'basic', username: 'ann', password: 'secret' },
        retry: {
          max_attempts: 5,
          backoff: 'linear',
          initial: 50,
          increment: '1s',
          max: '2s',
          jitter: 0,
          retryable_errors: ['timeout'],
        },
        circuit_breaker: { failure_threshold: 1, success_threshold: 1, timeout: 10 },
        reconnect: { enabled: false, max_attempts: 2, delay: 5, max_delay: 6, offline: 'fail' },
        mailbox: { messages: 1, bytes: '1KB', overflow: 'drop-oldest' },
        limits: { memory: '32MB', frame: '2KB' },
        supervision: {
          restart: 'transient',
          max_restarts: 1,
          within: '1m',
          backoff: '1ms',
          heartbeat: 50,
          shutdown: 0,
          group: 'core',
          poison_threshold: 1,
          warm_spares: 1,
        },
        format: 'json',
        chaos: { fault: 'throw', every: '1s' },
      },
    },
  })
  expect(supervisors).toEqual([{ name: 'core', strategy: 'rest_for_one', maxRestarts: 3, withinMs: 10_000 }])
  expect(integrations).toMatchObject([
    {
      settings: {
        endpoint: {
          addresses: ['one', 'two'],
          port: 8883,
          tls: { verifyServer: false, minVersion: 'TLSv1.3' },
        },
        auth: { type: 'basic', username: 'ann', password: 'secret' },
        retry: {
          maxAttempts: 5,
          backoff: { kind: 'linear', initialMs: 50, incrementMs: 1_000, maxMs: 2_000 },
          jitter: 0,
          retryableErrors: ['timeout'],
        },
        circuitBreaker: { failureThreshold: 1, successThreshold: 1, timeoutMs: 10 },
        reconnect: { enabled: false, maxAttempts: 2, delayMs: 5, maxDelayMs: 6, offline: 'fail' },
        mailbox: { messages: 1, bytes: 1_024, overflow: 'drop-oldest' },
        limits: { memory: 32 * MB, frame: 2_048 },
        heartbeatMs: 50,
        format: 'json',
        chaos: { fault: 'throw', everyMs: 1_000 },
      },
      supervision: {
        restart: 'transient',
        maxRestarts: 1,
        withinMs: 60_000,
        backoff: { initialMs: 1 },
        shutdownMs: 0,
        group: 'core',
        poisonThreshold: 1,
        warmSpares: 1,
      },
    },
  ])
})

test('limits of load: what is there is completed, what is not is no limit', () => {
  const settings = (block: object) =>
    load({ integrations: { a: { type: 'memory', ...block } } }).integrations[0]!.settings
  const plain = settings({})
  expect([plain.rateLimit, plain.bulkhead, plain.retry.budget]).toEqual([undefined, undefined, undefined])
  expect(
    settings({ rate_limit: { requests: 50, per: '1m' }, bulkhead: { concurrent: 4 }, retry: {} }),
  ).toMatchObject({
    rateLimit: { requests: 50, perMs: 60_000, burst: 50, excess: 'wait' },
    bulkhead: { concurrent: 4, queue: 100 },
    retry: { budget: { share: 0.2, minPerSecond: 10 } },
  })
  expect(
    settings({
      rate_limit: { requests: 0.5, burst: 2, excess: 'fail' },
      bulkhead: { concurrent: 4, queue: 0 },
      retry: { budget: { share: 0.1 } },
    }),
  ).toMatchObject({
    rateLimit: { requests: 0.5, perMs: 1_000, burst: 2, excess: 'fail' },
    bulkhead: { queue: 0 },
    retry: { budget: { share: 0.1, minPerSecond: 10 } },
  })
  expect(settings({ retry: { budget: false } }).retry.budget).toBeUndefined()
})

test('limits of load that make no sense are refused', () => {
  const integration = {
    type: 'memory',
    rate_limit: { per: '1s', excess: 'drop' },
    bulkhead: { concurrent: 0 },
    retry: { budget: 'some' },
  }
  const { diagnostics } = checkConfig({ integrations: { a: integration } } as unknown as ConfigObject)
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'integrations.a.bulkhead.concurrent: wrong value for "concurrent"',
    'integrations.a.rate_limit: the block "rate_limit" needs "requests"',
    'integrations.a.rate_limit.excess: wrong value for "excess"',
    'integrations.a.retry.budget: wrong value for "budget"',
  ])
})
