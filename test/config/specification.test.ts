import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load.js'
import { checkText, FIXTURES } from './support.js'

const options = {
  env: {
    API_TOKEN: 't',
    INSTANCE_ID: '7',
    MQTT_USER: 'u',
    MQTT_PASS: 'p',
    REDIS_PASSWORD: 'r',
    JWT_SECRET: 'a secret of at least 32 characters',
  },
  variables: { api_url: 'https://api.example.com' },
}

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'spec-json-rpc.hcl': [],
  'spec-mqtt.hcl': [],
  'spec-redis.hcl': [],
  'spec-full.hcl': [],
  // The integrations are in another example.
  'spec-data-flow.hcl': ['backend', 'events', 'backend', 'events'].map(
    (name) => `there is no integration "${name}"`,
  ),
  'spec-server.hcl': [
    ...['"data.get"', '"action.execute"'].map(
      (method) => `the method ${method} has no handler: there is no block "script"`,
    ),
  ],
}

test('every example of the specification has its file', () => {
  expect(
    readdirSync(FIXTURES)
      .filter((name) => name.startsWith('spec-'))
      .sort(),
  ).toEqual(Object.keys(EXPECTED).sort())
})

test.each(Object.entries(EXPECTED))('%s is read as it stands', (name, messages) => {
  const variables =
    name === 'spec-full.hcl'
      ? options.variables
      : name === 'spec-server.hcl'
        ? { tls_cert: FIXTURES + name, tls_key: FIXTURES + name }
        : {}
  const checked = checkConfig(FIXTURES + name, { env: options.env, variables })
  expect(checked.diagnostics.map(({ message }) => message)).toEqual(messages)
  expect(checked.ok).toBe(name !== 'spec-data-flow.hcl')
})

test('the data flow example is read beside its integrations', () => {
  const text = ['spec-full.hcl', 'spec-data-flow.hcl'].map((name) => readFileSync(FIXTURES + name, 'utf8'))
  const checked = checkText(text.join('\n'), options)
  expect(checked.diagnostics).toEqual([])
  expect(checked.ok && checked.config).toMatchObject({
    data: [
      {
        name: 'user_data',
        type: 'rpc',
        method: 'users.list',
        params: { status: 'active' },
        intervalMs: 300_000,
      },
      { name: 'price_updates', type: 'subscription', topic: 'prices/#', transforms: [{ type: 'jq' }] },
    ],
    actions: [
      { name: 'create_order', type: 'rpc', method: 'orders.create' },
      { name: 'notify_created', type: 'publish', topic: 'orders/created' },
    ],
  })
})

test('the MQTT example gives its settings', () => {
  const checked = checkConfig(`${FIXTURES}spec-mqtt.hcl`, { env: options.env })
  expect(checked.ok && checked.config.integrations[0]!.settings).toMatchObject({
    name: 'iot_broker',
    endpoint: { addresses: ['mqtt.example.com'], port: 8883, tls: { verifyServer: true } },
    config: { client_id: 'nemo-7', keep_alive: 60_000, clean_session: true, qos: 1 },
    auth: { type: 'basic', username: 'u', password: 'p' },
  })
})

test('the Redis example gives its settings', () => {
  const checked = checkConfig(`${FIXTURES}spec-redis.hcl`, { env: options.env })
  expect(checked.ok && checked.config.integrations[0]!.settings).toMatchObject({
    name: 'redis_events',
    endpoint: { addresses: ['redis.example.com'], port: 6379 },
    config: { database: 0, pool_size: 10, consumer_group: 'nemo-consumers' },
    auth: { type: 'password', password: 'r' },
  })
})

test('the JSON-RPC example gives its settings', () => {
  const checked = checkConfig(`${FIXTURES}spec-json-rpc.hcl`, { env: options.env })
  expect(checked.ok && checked.config.integrations[0]!.settings).toMatchObject({
    endpoint: { addresses: ['https://api.example.com'], path: '/rpc' },
    auth: { type: 'bearer', token: 't' },
    timeoutMs: 30_000,
  })
})

test('the full example loads without its Redis integration', () => {
  const text = readFileSync(`${FIXTURES}spec-full.hcl`, 'utf8').replace(/# Message queue.*$/su, '')
  const checked = checkText(text, options)
  expect(checked.ok && checked.config.integrations.map(({ settings }) => settings)).toMatchObject([
    {
      name: 'backend',
      endpoint: { addresses: ['https://api.example.com'], tls: { verifyServer: true } },
      retry: { maxAttempts: 3, backoff: { kind: 'exponential', initialMs: 100, maxMs: 10_000 } },
      circuitBreaker: { failureThreshold: 5, successThreshold: 2, timeoutMs: 30_000 },
      healthCheck: { enabled: true, intervalMs: 30_000, method: 'health.check' },
    },
    { name: 'events', reconnect: { enabled: true, maxAttempts: -1, delayMs: 1_000, maxDelayMs: 60_000 } },
  ])
  expect(checkText(text, { env: options.env }).diagnostics).toMatchObject([
    { line: 6, message: 'unknown variable "var.api_url"' },
  ])
})
