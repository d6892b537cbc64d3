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
  ['type = "static"\nname = "x"', '5:1 the block "discovery" has no "name"'],
])('a fault stands at its place: %j', (block, place) => {
  const own = block.includes('static') ? 'endpoint {\n address = "h"\n }' : ''
  expect(places(check(block, 'json-rpc', own))).toEqual([place])
})

test('what is not in this version is told apart from what is misspelt', () => {
  const [nats] = check('type = "nats"').diagnostics
  expect(nats).toMatchObject({
    message: 'wrong value for "type"',
    hint: 'this version does not have discovery by nats yet',
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
    '3:3 memory has no endpoint that could be discovered',
  ])
  expect(places(check('type = "dns"\nname = "x"\nbalance = "least_pending"', 'mqtt'))).toEqual([
    '6:11 mqtt chooses an address for each connection, so it cannot balance by "least_pending"',
  ])
})
