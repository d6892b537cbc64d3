import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DiscoverySettings } from '../../src/core/discovery.js'
import { sourceOf } from '../../src/discovery/source.js'
import { DnsServer } from '../support/dns-server.js'

let dns: DnsServer
beforeEach(async () => {
  dns = await DnsServer.start()
})
afterEach(() => dns.close())

const NEVER = new AbortController().signal

/** What a source finds. */
function find(
  source: DiscoverySettings['source'],
  more: { port?: number; scheme?: string; signal?: AbortSignal } = {},
) {
  const { port, scheme, signal = NEVER } = more
  const settings = {
    source,
    intervalMs: 1,
    ejectMs: 1,
    balance: 'round_robin',
    ...(scheme && { scheme }),
  } as const
  const endpoint = { addresses: ['own-a', 'own-b'], ...(port !== undefined && { port }) }
  return sourceOf(settings, endpoint).find(signal)
}
const addresses = async (...given: Parameters<typeof find>) =>
  (await find(...given)).map(({ address }) => address)

test('static: the addresses of the endpoint', async () => {
  expect(await find({ type: 'static' })).toEqual([
    { address: 'own-a', priority: 0, weight: 1 },
    { address: 'own-b', priority: 0, weight: 1 },
  ])
})

describe('dns', () => {
  const source = () => ({ type: 'dns', name: 'api.internal', servers: [dns.address] }) as const

  test('every A and AAAA record, with the port and scheme that are configured', async () => {
    dns.records.set('api.internal', [
      { type: 'A', address: '10.0.0.2' },
      { type: 'A', address: '10.0.0.1' },
      { type: 'AAAA', address: 'fd00::1' },
    ])
    expect(await addresses(source())).toEqual(['10.0.0.1', '10.0.0.2', '[fd00::1]'])
    expect(await addresses(source(), { port: 80, scheme: 'ws' })).toEqual([
      'ws://10.0.0.1:80',
      'ws://10.0.0.2:80',
      'ws://[fd00::1]:80',
    ])
  })

  test('a name with records of one kind alone', async () => {
    dns.records.set('api.internal', [{ type: 'AAAA', address: 'fd00::1' }])
    expect(await addresses(source())).toEqual(['[fd00::1]'])
  })

  test('no such name, and a name without records, are empty', async () => {
    expect(await addresses(source())).toEqual([])
    dns.records.set('api.internal', [])
    expect(await addresses(source())).toEqual([])
  })

  test('a server that cannot tell is a ConnectionError', async () => {
    dns.mode = 'fail'
    await expect(find(source())).rejects.toMatchObject({
      kind: 'connection',
      message: 'the DNS lookup of api.internal failed: ESERVFAIL',
    })
  })

  test('a server that is silent holds nobody up who has given up', async () => {
    dns.mode = 'silent'
    const giveUp = new AbortController()
    const found = find(source(), { signal: giveUp.signal })
    const reason = new Error('enough')
    while (dns.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    giveUp.abort(reason)
    await expect(found).rejects.toBe(reason)
    await expect(find(source(), { signal: giveUp.signal })).rejects.toBe(reason)
  })

  test('without servers it is what the system makes of a name', async () => {
    const found = await addresses({ type: 'dns', name: 'localhost', servers: [] }, { port: 7 })
    expect(['127.0.0.1:7', '[::1]:7']).toContain(found[0])
  })
})

describe('dns-srv', () => {
  const name = '_line._tcp.internal'
  const source = () => ({ type: 'dns-srv', name, servers: [dns.address] }) as const
  const record = (target: string, port: number, priority = 0, weight = 1) =>
    ({ type: 'SRV', target, port, priority, weight }) as const

  test('hosts and ports, with their priorities and weights', async () => {
    dns.records.set(name, [record('a.internal', 1, 10, 5), record('b.internal', 2, 20, 0)])
    expect(await find(source(), { port: 99, scheme: 'wss' })).toEqual([
      { address: 'wss://a.internal:1', priority: 10, weight: 5 },
      { address: 'wss://b.internal:2', priority: 20, weight: 1 },
    ])
  })

  test('a target "." says that there is no such service', async () => {
    dns.records.set(name, [record('.', 0)])
    expect(await find(source())).toEqual([])
  })
})
