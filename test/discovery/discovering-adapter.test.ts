import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AdapterContext, ProtocolAdapter } from '../../src/core/adapter/protocol-adapter.js'
import type { DiscoverySettings } from '../../src/core/discovery.js'
import { AuthError, ConnectionError } from '../../src/core/errors/connection.js'
import type { Endpoint } from '../../src/core/settings/endpoint.js'
import { discovering } from '../../src/discovery/discovering-adapter.js'
import { ManualClock } from '../../src/testing/index.js'
import { adapterContext, until } from '../support/adapter-context.js'
import { DnsServer } from '../support/dns-server.js'

let dns: DnsServer
beforeEach(async () => {
  dns = await DnsServer.start()
})
afterEach(() => dns.close())

const NAME = 'api.internal'
const serve = (...hosts: string[]) =>
  dns.records.set(
    NAME,
    hosts.map((address) => ({ type: 'A', address })),
  )
const NEVER = new AbortController().signal

/** An adapter around which there is discovery; it notes where it connects, and is refused where the test says so. */
function rig(
  given: Partial<DiscoverySettings> = {},
  options: { endpoint?: Endpoint; spreads?: boolean; moves?: boolean; hangs?: boolean } = {},
) {
  const clock = new ManualClock()
  const connects: string[] = []
  const events: string[] = []
  const refused = new Map<string, Error>()
  let inner!: AdapterContext
  const discovery: DiscoverySettings = {
    source: { type: 'dns', name: NAME, servers: [dns.address] },
    intervalMs: 1_000,
    ejectMs: 5_000,
    balance: 'round_robin',
    ...given,
  }
  const context = adapterContext(
    { discovery, endpoint: options.endpoint ?? { addresses: [] } },
    'test',
    clock,
  )
  const adapter = discovering((made): ProtocolAdapter => {
    inner = made
    return {
      protocol: 'fake',
      async connect() {
        const addresses = made.settings.endpoint.addresses.join(' ')
        connects.push(addresses)
        const error = refused.get(addresses)
        if (error !== undefined) throw error
      },
      disconnect: async () => {
        events.push('disconnect')
        if (options.hangs) await new Promise(() => {})
      },
      ...(options.spreads && {
        addressesChanged: () => {
          events.push(`now ${made.settings.endpoint.addresses.join(' ')}`)
          if (options.moves) made.connectionLost(new ConnectionError('others'))
        },
      }),
    }
  })(context)
  const refuse = (...addresses: string[]) => {
    for (const address of addresses) refused.set(address, new ConnectionError(`no ${address}`))
  }
  return { adapter, clock, connects, events, refused, refuse, context, inner: () => inner }
}

describe('an adapter with one connection', () => {
  test('gets one address for each connection, in turn', async () => {
    serve('10.0.0.1', '10.0.0.2')
    const { adapter, connects } = rig({}, { endpoint: { addresses: [], port: 7 } })
    for (let i = 0; i < 3; i++) {
      await adapter.connect(NEVER)
      await adapter.disconnect()
    }
    expect(connects).toEqual(['10.0.0.1:7', '10.0.0.2:7', '10.0.0.1:7'])
  })

  test('tries the others at once when one cannot be reached, and leaves that one out for a while', async () => {
    serve('10.0.0.1', '10.0.0.2')
    const { adapter, connects, refuse, refused, clock } = rig()
    refuse('10.0.0.1')
    await adapter.connect(NEVER)
    await adapter.disconnect()
    await adapter.connect(NEVER)
    await adapter.disconnect()
    expect(connects).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.2'])
    refused.clear()
    await clock.advance(5_000)
    await adapter.connect(NEVER)
    await adapter.disconnect()
    await adapter.connect(NEVER)
    expect(connects.slice(3).sort()).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  test('fails with the last reason when all refuse, and looks again before the next attempt', async () => {
    serve('10.0.0.1', '10.0.0.2')
    const { adapter, connects, refuse } = rig()
    refuse('10.0.0.1', '10.0.0.2')
    await expect(adapter.connect(NEVER)).rejects.toThrow('no 10.0.0.2')
    serve('10.0.0.3')
    await adapter.connect(NEVER)
    expect(connects).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  })

  test('wrong credentials are the same everywhere: no other address is tried', async () => {
    serve('10.0.0.1', '10.0.0.2')
    const { adapter, connects, refused } = rig()
    refused.set('10.0.0.1', new AuthError('who are you'))
    await expect(adapter.connect(NEVER)).rejects.toThrow('who are you')
    expect(connects).toEqual(['10.0.0.1'])
  })

  test('leaves an address that is not found any more, and ends that connection before the next', async () => {
    serve('10.0.0.1')
    const { adapter, connects, clock, context, events } = rig()
    await adapter.connect(NEVER)
    serve('10.0.0.1', '10.0.0.2')
    await clock.advance(1_000)
    await until(() => dns.asked.length === 4, 'it has looked again')
    serve('10.0.0.2')
    // The answer of the time before may still be on its way: its timer is set when it has come.
    while (context.lost.length === 0) {
      await clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(context.lost[0]!.message).toBe('10.0.0.1 is no longer among the discovered addresses')
    await adapter.connect(NEVER)
    expect([connects, events]).toEqual([['10.0.0.1', '10.0.0.2'], ['disconnect']])
  })

  test('waits for the end of a connection that it leaves, but not for long', async () => {
    serve('10.0.0.1')
    const { adapter, connects, clock, context } = rig({}, { hangs: true })
    await adapter.connect(NEVER)
    serve('10.0.0.2')
    while (context.lost.length === 0) {
      await clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const connecting = adapter.connect(NEVER)
    await until(() => clock.pending.some(({ inMs }) => inMs === 3_000), 'the wait')
    expect(connects).toEqual(['10.0.0.1'])
    await clock.advance(3_000)
    await connecting
    expect(connects).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  test('a lost connection counts against its address', async () => {
    serve('10.0.0.1', '10.0.0.2')
    const { adapter, connects, context, inner } = rig()
    await adapter.connect(NEVER)
    inner().connectionLost(new ConnectionError('reset'))
    expect(context.lost.map(({ message }) => message)).toEqual(['reset'])
    await adapter.connect(NEVER)
    expect(connects).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  test('the server of a TLS connection is known by the name that was looked up', () => {
    const endpoint = { addresses: [], tls: { verifyServer: true } }
    expect(rig({}, { endpoint }).inner().settings.endpoint.tls).toEqual({
      verifyServer: true,
      serverName: NAME,
    })
    const own = { addresses: [], tls: { verifyServer: true, serverName: 'other' } }
    expect(rig({}, { endpoint: own }).inner().settings.endpoint.tls?.serverName).toBe('other')
  })
})

describe('an adapter that spreads its requests', () => {
  test('gets all addresses, and those that come and go, without a new connection', async () => {
    serve('10.0.0.1', '10.0.0.2')
    const { adapter, connects, clock, events, context } = rig({}, { spreads: true })
    await adapter.connect(NEVER)
    expect(connects).toEqual(['10.0.0.1 10.0.0.2'])
    serve('10.0.0.2', '10.0.0.3')
    await clock.advance(1_000)
    await until(() => events.length > 0, 'it has heard of them')
    expect([events, context.lost]).toEqual([['now 10.0.0.2 10.0.0.3'], []])
  })
})

test('an adapter that needs a new connection for other addresses gets them all, none of them blamed', async () => {
  serve('10.0.0.1', '10.0.0.2')
  const { adapter, connects, clock, context } = rig({}, { spreads: true, moves: true })
  await adapter.connect(NEVER)
  serve('10.0.0.1', '10.0.0.3')
  await clock.advance(1_000)
  await until(() => context.lost.length > 0, 'it has asked for a new connection')
  await adapter.connect(NEVER)
  expect(connects).toEqual(['10.0.0.1 10.0.0.2', '10.0.0.1 10.0.0.3'])
})

describe('where nothing is found', () => {
  test('what stands in the endpoint is used, and the log says so', async () => {
    const { adapter, connects, context } = rig({}, { endpoint: { addresses: ['fallback'] } })
    await adapter.connect(NEVER)
    expect(connects).toEqual(['fallback'])
    expect(context.records).toMatchObject([
      { level: 'warn', message: expect.stringContaining('no address was found') },
    ])
  })

  test('without that the connection fails, and says what was asked', async () => {
    const { adapter, connects } = rig()
    await expect(adapter.connect(NEVER)).rejects.toMatchObject({
      kind: 'connection',
      message: 'discovery (dns): no address was found',
    })
    dns.mode = 'fail'
    await expect(adapter.connect(NEVER)).rejects.toThrow(/the DNS lookup of api.internal failed: ESERVFAIL/u)
    expect(connects).toEqual([])
  })

  test('a name server that is down later changes nothing', async () => {
    serve('10.0.0.1')
    const { adapter, clock, context, connects } = rig()
    await adapter.connect(NEVER)
    dns.mode = 'fail'
    await clock.advance(1_000)
    await until(() => context.records.length > 0, 'it has noticed')
    expect([context.lost, connects]).toEqual([[], ['10.0.0.1']])
  })
})

test('a lookup that hangs ends with the attempt, and with the adapter', async () => {
  serve('10.0.0.1')
  dns.mode = 'silent'
  const { adapter } = rig()
  const attempt = new AbortController()
  const connecting = adapter.connect(attempt.signal)
  await until(() => dns.asked.length > 0, 'it asks')
  attempt.abort(new ConnectionError('given up'))
  await expect(connecting).rejects.toThrow('given up')
  await adapter.disconnect()
})

test('without discovery the adapter is the one that was made', () => {
  const adapter: ProtocolAdapter = { protocol: 'x', connect: async () => {}, disconnect: async () => {} }
  expect(discovering(() => adapter)(adapterContext({}))).toBe(adapter)
})
