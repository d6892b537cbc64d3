import { nkeys } from '@nats-io/nats-core'
import { expect, test } from 'vitest'
import { type NatsConfig, natsManifest } from '../../../src/adapters/nats/manifest.js'
import { Gateway, UnsupportedError } from '../../../src/index.js'
import { integrationSettings } from '../../support/adapter-context.js'
import { waitFor } from '../../support/wait-for.js'
import { atEnd, serverFor } from './harness.js'

const parse = (config: unknown) => natsManifest.config.safeParse(config)

test('the configuration of the specification is complete by itself', () => {
  const { data } = parse({ name: 'app', jetstream: true })
  expect(data as NatsConfig).toEqual({
    name: 'app',
    jetstream: true,
    topic_style: 'auto',
    ping_interval: 30_000,
    discover: true,
    inbox_prefix: '_INBOX',
    prefetch: 0,
    stream: {
      subjects: [],
      create: true,
      storage: 'file',
      replicas: 1,
      retention: 'workqueue',
      discard: 'new',
      duplicate_window: 120_000,
      compression: 'none',
    },
    consumer: { extend: true, max_deliver: -1, max_ack_pending: 10_000 },
    service: { version: '0.0.1', description: '', queue_group: 'q' },
  })
})

test.each([
  ['an unknown key', { jet_stream: true }],
  ['a name of a stream with dots', { stream: { name: 'a.b' } }],
  ['a queue group with spaces', { queue_group: 'a b' }],
  ['a duration that is none', { ping_interval: 'soon' }],
  ['a duration out of bounds', { consumer: { ack_wait: 1 } }],
  ['an inbox with a wildcard', { inbox_prefix: '_INBOX.>' }],
  ['a pattern with ">" within', { stream: { subjects: ['a.>.b'] } }],
  ['a version that is none', { service: { version: 'one' } }],
  ['more replicas than there can be', { stream: { replicas: 7 } }],
])('%s is refused', (_, config) => {
  expect(parse(config).success).toBe(false)
})

test('without JetStream there are no queues, and that is known before anything is sent', () => {
  expect(natsManifest.capabilities).toContain('enqueue')
  const without = natsManifest.variant?.(integrationSettings({ config: { jetstream: false } }))
  expect(without?.capabilities).not.toContain('enqueue')
  expect(without?.capabilities).not.toContain('dequeue')
  expect(natsManifest.variant?.(integrationSettings({ config: { jetstream: true } }))).toBeUndefined()
})

test('a gateway takes it from its configuration, keys included, into a thread of its own', async () => {
  const pair = nkeys.createUser()
  const server = await serverFor({
    config: [`authorization { users: [ { nkey: "${pair.getPublicKey()}" } ] }`],
  })
  const seed = Buffer.from(pair.getSeed()).toString()
  const integration = {
    type: 'nats',
    endpoint: { address: server.url },
    config: { name: 'app', jetstream: false },
    auth: { type: 'nkey', seed },
  }
  const lines: string[] = []
  const gateway = await Gateway.start(
    { integrations: { bus: integration } } as Parameters<typeof Gateway.start>[0],
    {
      logger: (record) => void lines.push(JSON.stringify(record)),
    },
  )
  atEnd(() => gateway.shutdown({ timeout: 0 }))
  await waitFor(() => gateway.connections.status('bus').state === 'connected', { what: 'the connection' })
  const subscription = await gateway.pubsub('bus').subscribe<{ id: number }>('orders/+')
  await gateway.pubsub('bus').publish('orders/created', { id: 7 })
  expect(await subscription.recv()).toMatchObject({ topic: 'orders/created', value: { id: 7 } })
  await expect(gateway.queue('bus').send('jobs', 1)).rejects.toBeInstanceOf(UnsupportedError)
  expect(lines.join('\n')).not.toContain(seed)
})
