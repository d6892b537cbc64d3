import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigObject } from '../../src/config/options.js'
import { targetLookup } from '../../src/discovery/target-lookup.js'
import { Gateway } from '../../src/gateway.js'
import { TestAuthority, temporaryFiles } from '../support/authority.js'
import { DnsServer } from '../support/dns-server.js'
import { complianceGrpcService } from '../support/grpc-service.js'
import { httpService } from '../support/http-service.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'

const NAME = '_service._tcp.consul'
/** A name that only the test's DNS server has. */
const TARGET = 'node-1.consul'

let dns: DnsServer
let ends: (() => unknown)[]
beforeEach(async () => {
  dns = await DnsServer.start()
  ends = [() => dns.close()]
  dns.records.set(TARGET, [{ type: 'A', address: '127.0.0.1' }])
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
})

async function gatewayFor(port: number, integration: object): Promise<Gateway> {
  dns.records.set(NAME, [{ type: 'SRV', priority: 0, weight: 1, port, target: TARGET }])
  const discovery = { type: 'dns-srv', name: NAME, servers: [dns.address] }
  const a = { discovery, timeout: '5s', ...integration }
  const gateway = await Gateway.start({ integrations: { a } } as unknown as ConfigObject)
  ends.push(() => gateway.shutdown({ timeout: 0 }))
  return gateway
}

describe('the targets of SRV records are asked of the servers that have the records', () => {
  test.each([
    ['nats', () => startNatsServer({ jetstream: false })],
    ['redis', () => startRedis()],
    ['mqtt', () => startMosquitto()],
  ] as const)('%s', async (type, start) => {
    const server = await start()
    ends.push(() => server.stop())
    const gateway = await gatewayFor(server.port, { type })
    await gateway.pubsub('a').publish('t', 1)
    expect(dns.asked).toContain(TARGET)
  })

  test('json-rpc, whose requests keep the name of the host', async () => {
    const service = await httpService((_, response) => response.end('{"jsonrpc":"2.0","id":1,"result":1}'))
    ends.push(() => service.close())
    const gateway = await gatewayFor(service.port, { type: 'json-rpc' })
    await gateway.rpc('a').notify('m', [])
    expect(service.requests[0]!.headers.host).toBe(`${TARGET}:${service.port}`)
  })

  test('grpc', async () => {
    const { port, close } = await complianceGrpcService(undefined)
    ends.push(close)
    const gateway = await gatewayFor(port, {
      type: 'grpc',
      format: 'json',
      config: { service: 'compliance.Service' },
    })
    expect(await gateway.rpc('a').call('echo', { n: 1 })).toEqual({ n: 1 })
  })

  test('a server proves the name of its target', async () => {
    const authority = new TestAuthority()
    const own = authority.issue({ name: 'server', hosts: [TARGET] })
    const files = temporaryFiles({ ca: authority.ca, cert: own.cert, key: own.key })
    ends.push(() => files.remove())
    const server = await startRedis({
      tls: { cert: files.cert, key: files.key, ca: files.ca, clients: 'no' },
    })
    ends.push(() => server.stop())
    const gateway = await gatewayFor(server.port, { type: 'redis', endpoint: { tls: { ca_cert: files.ca } } })
    await gateway.pubsub('a').publish('t', 1)
  })
})

describe('the lookup of a target', () => {
  const find = (lookup: ReturnType<typeof targetLookup>, name: string, options = {}) =>
    new Promise((resolve) =>
      lookup(name, options, (error, address, family) => resolve(error ?? [address, family])),
    )

  test('has all addresses, or one, of the wanted family', async () => {
    dns.records.set(TARGET, [
      { type: 'A', address: '10.0.0.1' },
      { type: 'A', address: '10.0.0.2' },
      { type: 'AAAA', address: 'fd00::1' },
    ])
    const lookup = targetLookup([dns.address])
    expect(await find(lookup, TARGET)).toEqual(['10.0.0.1', 4])
    expect(await find(lookup, TARGET, { family: 6 })).toEqual(['fd00::1', 6])
    expect(await find(lookup, TARGET, { all: true, family: 4 })).toEqual([
      [
        { address: '10.0.0.1', family: 4 },
        { address: '10.0.0.2', family: 4 },
      ],
      undefined,
    ])
  })

  test('falls back to the system for a name that the servers do not have', async () => {
    const [address] = (await find(targetLookup([dns.address]), 'localhost')) as [string]
    expect(['127.0.0.1', '::1']).toContain(address)
  })

  test('keeps the last answer while the servers give none', async () => {
    const lookup = targetLookup([dns.address])
    dns.mode = 'fail'
    expect(await find(lookup, TARGET)).toMatchObject({ kind: 'connection' })
    dns.mode = 'answer'
    expect(await find(lookup, TARGET)).toEqual(['127.0.0.1', 4])
    dns.mode = 'fail'
    expect(await find(lookup, TARGET)).toEqual(['127.0.0.1', 4])
  })
})
