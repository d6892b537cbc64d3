// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { afterEach, describe, expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'

let gateway: Gateway | undefined
let broker: { stop(): Promise<unknown> } | undefined
afterEach(async () => {
  await gateway?.shutdown({ timeout: '2s' })
  await broker?.stop()
})

async function endpointOf(type: 'mqtt' | 'nats' | 'redis'): Promise<object> {
  if (type === 'redis') {
    const redis = await startRedis()
    broker = redis
    return { address: '127.0.0.1', port: redis.port }
  }
  const server = type === 'nats' ? await startNatsServer() : await startMosquitto()
  broker = server
  return { address: server.url }
}

const BROKERS = [
  { type: 'mqtt', config: { protocol_version: 5 } },
  { type: 'nats', config: { stream: { name: 'jobs', subjects: ['jobs.>'], create: true } } },
  { type: 'redis', config: {} },
] as const

describe.each(BROKERS)('over $type', ({ type, config }) => {
  test('the messages of a queue are taken, run an action, and a loop through it ends', async () => {
    const endpoint = await endpointOf(type)
    gateway = await Gateway.start({
      integrations: { bus: { type, endpoint, format: 'json', config } as never },
      data: {
        jobs: {
          type: 'queue',
          integration: 'bus',
          queue: 'jobs.in',
          transform: { type: 'jq', query: '.payload' },
        },
      },
      actions: {
        again: {
          type: 'enqueue',
          config: { integration: 'bus', queue: '${trigger.value.to}', message: '${trigger.value}' },
        },
      },
      on: { 'data.jobs.updated': { action: 'again' } },
    })
    const failed = new Promise((resolve) => gateway!.on('action:failed', resolve))
    await waitFor(() => gateway!.data('jobs').status === 'connected', { what: 'the consumer to be open' })
    await gateway.queue('bus').send('jobs.in', { to: 'jobs.in' })
    expect(await failed).toMatchObject({ action: 'again', error: 'config' })
    const { triggers, data } = gateway.metrics()
    expect(triggers['data.jobs.updated']).toMatchObject({ runs: 17 })
    expect(data.jobs).toMatchObject({ updates: 17, errors: 0 })
    expect(gateway.data('jobs').value).toEqual({ to: 'jobs.in' })
  })

  test('a subscription is open again after the connection was lost, and says so', async () => {
    const endpoint = await endpointOf(type)
    gateway = await Gateway.start({
      integrations: { bus: { type, endpoint, format: 'json', config } as never },
      data: { prices: { type: 'subscription', integration: 'bus', topic: 'prices' } },
      actions: { note: { type: 'log', config: { message: '${trigger.integration} is ${trigger.state}' } } },
      on: {
        'integration.bus.disconnected': { action: 'note' },
        'integration.bus.connected': { action: 'note' },
      },
    })
    const lines: string[] = []
    gateway.on('log', ({ message }) => lines.push(message))
    await waitFor(() => gateway!.data('prices').status === 'connected', { what: 'the subscription' })
    await gateway.connections.reconnect('bus')
    await waitFor(
      async () => {
        await gateway!.pubsub('bus').publish('prices', { eur: 2 })
        return gateway!.data<{ payload: { eur: number } }>('prices').value?.payload.eur === 2
      },
      { what: 'a price after the connection was made again' },
    )
    await waitFor(() => lines.includes('bus is disconnected'), { what: () => `a note of it: ${lines}` })
    expect(lines.at(-1)).toBe('bus is connected')
  })
})
