import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigObject } from '../../src/config/options.js'
import { Gateway } from '../../src/gateway.js'
import { until } from '../support/adapter-context.js'
import { type DnsRecord, DnsServer } from '../support/dns-server.js'
import { exampleModule } from '../support/example.js'
import { type HttpService, httpService, send } from '../support/http-service.js'

const { startLineServer } = await exampleModule('custom-adapter/line-server.mjs')
const NAME = '_api._tcp.internal'

let dns: DnsServer
let ends: (() => Promise<unknown>)[]
beforeEach(async () => {
  dns = await DnsServer.start()
  ends = [() => dns.close()]
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
})

const at = (port: number, priority = 0): DnsRecord => ({
  type: 'SRV',
  priority,
  weight: 1,
  port,
  target: '127.0.0.1',
})
const serve = (...records: DnsRecord[]) => dns.records.set(NAME, records)

async function gateway(integration: object): Promise<Gateway> {
  const a = {
    discovery: { type: 'dns-srv', name: NAME, servers: [dns.address], interval: '20ms', eject: '100ms' },
    reconnect: { delay: '10ms', max_delay: '50ms' },
    ...integration,
  }
  const started = await Gateway.start({ integrations: { a } } as unknown as ConfigObject)
  ends.push(() => started.shutdown({ timeout: 0 }))
  return started
}

/** A JSON-RPC service that answers with its own name, when the test lets it. */
async function service(name: string, gate?: () => Promise<void>): Promise<HttpService> {
  const started = await httpService(async (request, response) => {
    await gate?.()
    const { id } = JSON.parse(request.text)
    send(response, 200, JSON.stringify({ jsonrpc: '2.0', id, result: name }))
  })
  ends.push(() => started.close())
  return started
}

describe('JSON-RPC over several addresses', () => {
  const whoAnswers = async (client: Gateway, count: number) => {
    const names: unknown[] = []
    for (let i = 0; i < count; i++) names.push(await client.rpc('a').call('name'))
    return names
  }

  test('calls go to each in turn, to those that are added, and no more to those that have gone', async () => {
    const [one, two, three] = [await service('one'), await service('two'), await service('three')]
    serve(at(one.port), at(two.port))
    const client = await gateway({ type: 'json-rpc' })
    await client.connections.get('a')
    expect((await whoAnswers(client, 10)).sort()).toEqual([...Array(5).fill('one'), ...Array(5).fill('two')])
    serve(at(two.port), at(three.port))
    let names: unknown[] = []
    while (!names.includes('three')) names = await whoAnswers(client, 4)
    expect((await whoAnswers(client, 10)).sort()).toEqual([
      ...Array(5).fill('three'),
      ...Array(5).fill('two'),
    ])
    expect(client.metrics().integrations.a).toMatchObject({
      counts: { connects: 1, disconnects: 0, errors: {} },
    })
  })

  test('one that cannot be reached is left out, without a failed call, and comes back', async () => {
    const [one, two] = [await service('one'), await service('two')]
    serve(at(one.port), at(two.port))
    // A call may be sent on a connection that is just being closed.
    const client = await gateway({ type: 'json-rpc', retry: { max_attempts: 3, initial: '10ms' } })
    await client.connections.get('a')
    await two.close()
    expect(new Set(await whoAnswers(client, 10))).toEqual(new Set(['one']))
    const back = await httpService((request, response) => {
      send(response, 200, JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(request.text).id, result: 'back' }))
    }, two.port)
    ends.push(() => back.close())
    let names: unknown[] = []
    while (!names.includes('back')) names = await whoAnswers(client, 4)
    expect(client.metrics().integrations.a!.counts.errors).toEqual({})
  })

  test('a lower priority is for when nobody above can be reached', async () => {
    const [main, spare] = [await service('main'), await service('spare')]
    serve(at(main.port, 1), at(spare.port, 2))
    const client = await gateway({
      type: 'json-rpc',
      retry: { max_attempts: 50, initial: '20ms', max: '20ms' },
    })
    expect(new Set(await whoAnswers(client, 6))).toEqual(new Set(['main']))
    await main.close()
    const name = await client.rpc('a').call('name', undefined, { idempotent: true, timeout: '20s' })
    expect(name).toBe('spare')
  })

  test('least_pending: a slow one gets less', async () => {
    const opened: (() => void)[] = []
    const slow = await service('slow', () => new Promise((open) => opened.push(open)))
    const quick = await service('quick')
    const endpoint = { address: [slow, quick].map(({ port }) => `http://127.0.0.1:${port}`) }
    const discovery = { type: 'static', balance: 'least_pending' }
    const client = await gateway({ type: 'json-rpc', endpoint, discovery })
    const waiting: Promise<unknown>[] = []
    // While the slow one has a call under way, the quick one, which has none, gets all others.
    while (opened.length === 0) {
      const call = client.rpc('a').call('name')
      waiting.push(call)
      await Promise.race([call, until(() => opened.length > 0, 'the slow one is asked')])
    }
    expect(new Set(await whoAnswers(client, 10))).toEqual(new Set(['quick']))
    expect(opened).toHaveLength(1)
    opened[0]!()
    expect(await Promise.all(waiting)).toContain('slow')
  })
})

describe('a protocol with one connection', () => {
  const TYPE = './examples/custom-adapter/line-adapter.mjs'

  test('moves when its address has gone: subscriptions are there, on the other server', async () => {
    const [old, next] = [await startLineServer(), await startLineServer()]
    ends.push(
      () => old.close(),
      () => next.close(),
    )
    serve(at(old.port))
    const client = await gateway({ type: TYPE })
    const subscription = await client.pubsub('a').subscribe('t')
    await client.pubsub('a').publish('t', 1)
    expect((await subscription.recv())!.value).toBe(1)
    const reasons: (string | undefined)[] = []
    client.on('connection:changed', ({ reason }) => reasons.push(reason))
    serve(at(next.port))
    await until(() => client.metrics().integrations.a!.counts.connects === 2, 'it has connected again')
    expect(reasons).toContain(`127.0.0.1:${old.port} is no longer among the discovered addresses`)
    await client.pubsub('a').publish('t', 2)
    expect((await subscription.recv())!.value).toBe(2)
  })

  test('goes to another when its server ends, and waits for the first one that is found', async () => {
    const client = await gateway({ type: TYPE })
    await until(() => client.connections.status('a').reconnectAttempt > 1, 'it looks in vain')
    const [one, two] = [await startLineServer(), await startLineServer()]
    ends.push(() => two.close())
    serve(at(one.port, 1), at(two.port, 2))
    await client.connections.get('a', { timeout: '10s' })
    const subscription = await client.pubsub('a').subscribe('t')
    await one.close()
    await until(() => client.metrics().integrations.a!.counts.connects === 2, 'it has connected again')
    await client.pubsub('a').publish('t', 'there')
    expect((await subscription.recv())!.value).toBe('there')
  })
})
