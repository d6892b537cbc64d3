import { describe, expect, test } from 'vitest'
import { adapterManifest } from '../../src/adapters/catalogue.js'
import { brokerAddress } from '../../src/adapters/mqtt/endpoint.js'
import { serverAddress as natsAddress } from '../../src/adapters/nats/client/address.js'
import { serverAddress as redisAddress } from '../../src/adapters/redis/endpoint.js'
import { readAddress } from '../../src/core/address.js'
import type { Endpoint } from '../../src/core/settings/endpoint.js'

const form = (type: string) => adapterManifest(type)!.addresses!
const tls = { verifyServer: true }

test.each<[string, string, Partial<Endpoint>, string]>([
  ['mqtt', 'h', {}, 'mqtt://h:1883'],
  ['mqtt', 'h', { port: 7 }, 'mqtt://h:7'],
  ['mqtt', 'h:8', { port: 7 }, 'mqtt://h:8'],
  ['mqtt', 'h', { tls }, 'mqtts://h:8883'],
  ['mqtt', 'WSS://h/mqtt', {}, 'wss://h:443/mqtt'],
  ['mqtt', 'unix:/run/broker', {}, 'unix:/run/broker'],
  ['nats', '::1', {}, 'nats://[::1]:4222'],
  ['nats', 'tls://[::1]:5', {}, 'tls://[::1]:5'],
  ['redis', 'redis://h/3', {}, 'redis://h:6379/3'],
  ['json-rpc', 'h', { tls }, 'https://h:443'],
  ['json-rpc', 'http://h:80/rpc?a=b', {}, 'http://h:80/rpc?a=b'],
  ['grpc', 'grpcs://h', {}, 'grpcs://h:50051'],
])('%s: %s with %j is %s', (type, address, endpoint, shown) => {
  expect(readAddress(address, form(type), endpoint)).toEqual({ kind: 'address', shown })
})

test('a fault says how addresses are written', () => {
  expect(readAddress('ftp://h', form('redis'))).toEqual({
    kind: 'fault',
    expected: 'a host, host:port, unix:/path or a URL with redis, rediss, with a port from 1 to 65535',
  })
})

describe('an adapter refuses what is refused here, and connects to the same port', () => {
  const parsers = {
    mqtt: brokerAddress,
    nats: natsAddress,
    redis: redisAddress,
  }
  const addresses = [
    'h',
    'h:1',
    'h:65535',
    'h:65536',
    'h:x',
    '',
    '::1',
    '[::1]:5',
    'h h',
    'ftp://h',
    'unix:/a',
    '//',
  ]
  const urls = ['mqtt', 'ws', 'wss', 'nats', 'tls', 'redis', 'rediss'].flatMap((scheme) =>
    ['h', 'h:5', 'h:x', '', 'h:80'].map((rest) => `${scheme}://${rest}`),
  )
  test.each(Object.keys(parsers) as (keyof typeof parsers)[])('%s', (type) => {
    for (const address of [...addresses, ...urls]) {
      let port: number | undefined
      try {
        port = parsers[type](address, { addresses: [] }).port
      } catch {
        // It refuses the address.
      }
      const read = readAddress(address, form(type))
      const shown = read.kind === 'address' ? Number(/:(\d+)(?:\/|$)/.exec(read.shown)?.[1] ?? 0) : undefined
      expect([address, shown]).toEqual([address, port])
    }
  })
})
