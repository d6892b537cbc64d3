import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigObject } from '../../src/config/options.js'
import { Gateway } from '../../src/gateway.js'
import { until } from '../support/adapter-context.js'
import { DnsServer } from '../support/dns-server.js'
import { complianceGrpcService } from '../support/grpc-service.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'

const NAME = '_service._tcp.internal'

/** A server that can be found. */
interface Server {
  readonly port: number
  stop(): Promise<void>
}

let dns: DnsServer
let ends: (() => Promise<unknown>)[]
beforeEach(async () => {
  dns = await DnsServer.start()
  ends = [() => dns.close()]
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
})

function announce(...servers: readonly Server[]): void {
  dns.records.set(
    NAME,
    servers.map(({ port }) => ({ type: 'SRV', priority: 0, weight: 1, port, target: '127.0.0.1' })),
  )
}

async function started(start: () => Promise<Server>): Promise<Server> {
  const server = await start()
  ends.push(() => server.stop())
  return server
}

async function gatewayFor(integration: object): Promise<Gateway> {
  const a = {
    discovery: { type: 'dns-srv', name: NAME, servers: [dns.address], interval: '20ms' },
    reconnect: { delay: '10ms', max_delay: '50ms' },
    ...integration,
  }
  const gateway = await Gateway.start({ integrations: { a } } as unknown as ConfigObject)
  ends.push(() => gateway.shutdown({ timeout: 0 }))
  return gateway
}

const connects = (gateway: Gateway) => gateway.metrics().integrations.a!.counts.connects

describe('an integration follows its server to another address', () => {
  const BROKERS: [string, () => Promise<Server>][] = [
    ['nats', () => startNatsServer({ jetstream: false })],
    ['redis', () => startRedis()],
  ]
  test.each(BROKERS)('%s, with its subscriptions', async (type, start) => {
    const [first, second] = [await started(start), await started(start)]
    announce(first)
    const gateway = await gatewayFor({ type })
    const subscription = await gateway.pubsub('a').subscribe('news')
    await gateway.pubsub('a').publish('news', 1)
    expect((await subscription.recv())!.value).toBe(1)
    announce(second)
    await until(() => connects(gateway) === 2, 'it has connected again')
    await first.stop()
    await gateway.pubsub('a').publish('news', 2)
    expect((await subscription.recv())!.value).toBe(2)
    expect(gateway.connections.status('a').state).toBe('connected')
  })

  test('grpc, which has a connection to every address', async () => {
    const service = () =>
      complianceGrpcService(undefined).then(({ port, close }): Server => ({ port, stop: close }))
    const [first, second, third] = [await started(service), await started(service), await started(service)]
    announce(first, second)
    const gateway = await gatewayFor({
      type: 'grpc',
      format: 'json',
      config: { service: 'compliance.Service' },
      retry: { max_attempts: 5, initial: '10ms' },
    })
    const call = (n: number) => gateway.rpc('a').call('echo', { n }, { idempotent: true, timeout: '10s' })
    expect(await call(1)).toEqual({ n: 1 })
    await first.stop()
    expect(await call(2)).toEqual({ n: 2 })
    announce(third)
    // The first of two more lookups has been answered by then, and what it found is in use.
    const asked = dns.asked.length
    await until(() => dns.asked.length >= asked + 3, 'it has looked again')
    await second.stop()
    expect(await call(3)).toEqual({ n: 3 })
  })
})
