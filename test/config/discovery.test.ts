import { expect, test } from 'vitest'
import { checkText, places } from './support.js'

/** Settings of an integration with such a `discovery` block, or the diagnostics. */
function check(block: string, type = 'json-rpc', more = '') {
  return checkText(`integration "a" {\n  type = "${type}"\n  discovery {\n${block}\n  }\n${more}\n}`)
}

function discovery(...given: Parameters<typeof check>) {
  const checked = check(...given)
  if (!checked.ok) throw new Error(places(checked).join('\n'))
  return checked.config.integrations[0]!.settings
}

test('an address that is discovered need not be in the endpoint', () => {
  const { endpoint, discovery: found } = discovery('type = "dns"\nname = "api.internal"')
  expect(endpoint).toEqual({ addresses: [] })
  expect(found).toEqual({
    source: { type: 'dns', name: 'api.internal', servers: [] },
    intervalMs: 30_000,
    ejectMs: 10_000,
    balance: 'round_robin',
  })
  const full = `type = "dns-srv"
name = "_api._tcp.internal"
servers = ["10.0.0.2", "127.0.0.1:5353", "[::1]:53"]
interval = "5s"
eject = "1m"
balance = "least_pending"
scheme = "https"`
  expect(discovery(full, 'json-rpc', 'endpoint {\n path = "/rpc"\n }')).toMatchObject({
    endpoint: { addresses: [], path: '/rpc' },
    discovery: {
      source: {
        type: 'dns-srv',
        name: '_api._tcp.internal',
        servers: ['10.0.0.2', '127.0.0.1:5353', '[::1]:53'],
      },
      intervalMs: 5_000,
      ejectMs: 60_000,
      balance: 'least_pending',
      scheme: 'https',
    },
  })
})

test('a scheme of WebSocket makes JSON-RPC one over WebSocket', () => {
  const { ok } = check('type = "dns"\nname = "x"\nscheme = "wss"')
  expect(ok).toBe(true)
})

test.each([
  ['', '3:3 the block "discovery" needs "type"'],
  ['type = "dns"', '3:3 the block "discovery" needs "name"'],
  ['type = "dnss"\nname = "x"', '4:8 wrong value for "type"'],
  ['type = "dns"\nname = "10.0.0.1"', '5:8 wrong value for "name"'],
  ['type = "dns"\nname = "x"\nservers = ["ns.internal"]', '6:12 wrong value for "servers"'],
  ['type = "dns"\nname = "x"\nbalance = "random"', '6:11 wrong value for "balance"'],
  ['type = "dns"\nname = "x"\nscheme = "ws://"', '6:10 wrong value for "scheme"'],
  ['type = "dns"\nname = "x"\nannounce = true', '6:1 the block "discovery" has no "announce"'],
  ['type = "redis"\naddress = "h"', '3:3 the block "discovery" needs "key"'],
  ['type = "redis"\nkey = "k"\naddress = "h:99999"', '6:11 wrong value for "address"'],
  ['type = "redis"\nkey = "k"\naddress = "h"\nusername = "u"', '7:1 "username" needs "password" beside it'],
  ['type = "static"\nname = "x"', '5:1 the block "discovery" has no "name"'],
])('a fault stands at its place: %j', (block, place) => {
  const own = block.includes('static') ? 'endpoint {\n address = "h"\n }' : ''
  expect(places(check(block, 'json-rpc', own))).toEqual([place])
})

test('what is not in this version is told apart from what is misspelt', () => {
  const [nats] = check('type = "nats"').diagnostics
  expect(nats).toMatchObject({
    message: 'wrong value for "type"',
    hint: 'discovery by nats is not implemented',
  })
  const [near] = check('type = "dns-svr"\nname = "x"').diagnostics
  expect(near).toMatchObject({ hint: 'did you mean "dns-srv"?' })
})

test('a static discovery needs the addresses in the endpoint', () => {
  expect(places(check('type = "static"'))).toEqual([
    '1:1 an integration of type json-rpc needs an "endpoint"',
  ])
  expect(places(check('type = "static"', 'json-rpc', 'endpoint {\n }'))).toEqual([
    '6:1 the block "endpoint" needs "address"',
  ])
})

test('a protocol without an endpoint, or with one connection, says so', () => {
  expect(places(check('type = "dns"\nname = "x"', 'memory'))).toEqual([
    '3:3 memory has no endpoint, so that "discovery" does not apply',
  ])
  expect(places(check('type = "dns"\nname = "x"\nbalance = "least_pending"', 'mqtt'))).toEqual([
    '6:11 mqtt chooses an address for each connection, so it cannot balance by "least_pending"',
  ])
})

test('a registry in Redis, to find addresses and to announce one', () => {
  const registry = { host: 'redis.internal', port: 6379, key: 'nemo:api', username: 'u', password: 'p' }
  const block = 'type = "redis"\naddress = "redis.internal"\nkey = "nemo:api"\nusername = "u"\npassword = "p"'
  expect(discovery(block).discovery?.source).toEqual({ type: 'redis', registry })
  expect(discovery(`${block}\ntls = true`).discovery?.source).toEqual({
    type: 'redis',
    registry: { ...registry, tls: { verifyServer: true } },
  })
  expect(discovery(`${block}\ntls {\nverify_server = false\n}`).discovery?.source).toMatchObject({
    registry: { tls: { verifyServer: false } },
  })
  const server = (listen: string, more = '') =>
    checkText(`server "s" {
  type = "json-rpc"
  listen {
    address = "${listen}"
    port = 7000
  }
  announce {
${block}
${more}
  }
}`)
  const checked = server('127.0.0.1', 'ttl = "3s"\nhost = "a.internal"')
  expect(checked.ok && checked.config.servers[0]!.settings.announce).toEqual({
    registry,
    ttlMs: 3_000,
    host: 'a.internal',
  })
  expect(places(server('0.0.0.0'))).toEqual([
    expect.stringContaining('a server that listens on every address needs "host"'),
  ])
  expect(server('0.0.0.0', 'host = "a.internal"').diagnostics).toEqual([])
})
