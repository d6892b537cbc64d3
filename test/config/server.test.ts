import { describe, expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load.js'
import { checkText, FIXTURES, places } from './support.js'

/** A file that is there; what is in it is the actor's matter. */
const file = `${FIXTURES}syntax.hcl`

function serverOf(text: string) {
  const checked = checkText(text)
  expect(places(checked)).toEqual([])
  return (checked.ok && checked.config.servers[0])!
}

describe('a server block', () => {
  test('has defaults: this machine alone, no TLS', () => {
    const { settings, supervision, manifest } = serverOf(
      'server "api" {\n  type = "json-rpc"\n  listen { port = 0 }\n}',
    ) as Exclude<ReturnType<typeof serverOf>, false>
    expect(settings).toMatchObject({
      name: 'api',
      type: 'json-rpc',
      listen: { address: '127.0.0.1', port: 0 },
      auth: { type: 'none' },
      format: 'json',
      config: { max_request: 1_048_576, websocket: true, origins: [], forward_headers: [] },
    })
    expect(settings.listen).not.toHaveProperty('tls')
    expect(supervision.restart).toBe('permanent')
    expect(manifest.worker().href).toMatch(/json-rpc-server\.cjs$/)
  })

  test('takes everything there is', () => {
    const { settings } = serverOf(`supervisor "front" {}
server "api" {
  type = "json-rpc"
  listen {
    address     = "0.0.0.0"
    port        = 8443
    path        = "/rpc"
    tls         = true
    cert        = "${file}"
    key         = "${file}"
    client_ca   = "${file}"
    min_version = "1.3"
  }
  config {
    max_request     = "64KB"
    max_batch       = 10
    header_timeout  = "1s"
    origins         = ["https://app.example.com"]
    forward_headers = ["X-Tenant"]
  }
  limits {
    frame                   = "1MB"
    connections             = 5
    connections_per_address = 2
    requests                = 50
    rate {
      requests = 10
      per      = "1m"
    }
  }
  reconnect { delay = "5ms" }
  supervision { group = "front" }
}`) as Exclude<ReturnType<typeof serverOf>, false>
    expect(settings).toMatchObject({
      listen: {
        address: '0.0.0.0',
        port: 8443,
        path: '/rpc',
        tls: { cert: file, key: file, clientCa: file, minVersion: 'TLSv1.3' },
      },
      config: { max_request: 65_536, max_batch: 10, header_timeout: 1_000, forward_headers: ['x-tenant'] },
      limits: {
        frame: 1_048_576,
        connections: 5,
        connectionsPerAddress: 2,
        requests: 50,
        rate: { requests: 10, perMs: 60_000, burst: 10 },
      },
      reconnect: { delayMs: 5 },
    })
  })

  test('exposes data and topics, and requires integrations', () => {
    const server = serverOf(`integration "events" { type = "memory" }
data "subscription" "prices" {
  integration = integration.events
  topic       = "prices"
}
server "api" {
  type     = "json-rpc"
  requires = [integration.events]
  listen { port = 0 }
  expose {
    data   = [data.prices]
    topics = { orders = { integration = "events", topic = "orders/#" } }
  }
}`)
    expect(server).toMatchObject({
      requires: ['events'],
      expose: { data: ['prices'], topics: { orders: { integration: 'events', topic: 'orders/#' } } },
    })
  })

  test('may have its files in a block tls, and an object means the same', () => {
    const listen = { port: 1, tls: { cert: file, key: file } }
    const checked = checkConfig({ servers: { api: { type: 'json-rpc', listen } } })
    expect(checked.ok && checked.config.servers[0]!.settings.listen).toEqual({
      address: '127.0.0.1',
      port: 1,
      tls: { cert: file, key: file },
    })
    const text = `server "api" {\n  type = "json-rpc"\n  listen {\n port = 1\n tls {\n cert = "${file}"\n key = "${file}"\n }\n }\n}`
    expect(serverOf(text)).toMatchObject({ settings: { listen: { tls: { cert: file, key: file } } } })
  })
})

describe('a wrong server block', () => {
  const faults = (inside: string) => {
    const checked = checkText(`server "api" {\n${inside}\n}`)
    expect(checked.ok).toBe(false)
    return checked.diagnostics.map(({ message }) => message)
  }
  const listening = (inside: string) => faults(`type = "json-rpc"\nlisten {\n${inside}\n}`)

  test.each([
    ['type = "json-rpc"', 'the block "server" needs "listen"'],
    ['type = "mqtt"\nlisten { port = 1 }', 'wrong value for "type"'],
    ['listen { port = 1 }', 'the block "server" needs "type"'],
    [
      'type = "json-rpc"\nlisten { port = 1 }\nretry { max_attempts = 2 }',
      'the block "server" has no "retry"',
    ],
  ])('%j', (inside, message) => {
    expect(faults(inside)).toEqual([message])
  })

  test.each([
    ['', 'the block "listen" needs "port"'],
    ['port = 70000', 'wrong value for "port"'],
    ['port = 1\ntls = true', 'TLS needs "cert"'],
    [`port = 1\ntls = true\ncert = "${file}"`, 'TLS needs "key"'],
    [`port = 1\ncert = "${file}"\nkey = "${file}"`, 'a certificate needs TLS'],
    [`port = 1\ntls = true\ncert = "${file}"\nkey = "/nowhere.pem"`, 'wrong value for "key"'],
    ['port = 1\nprot = 2', 'the block "listen" has no "prot"'],
  ])('listen { %s }', (inside, message) => {
    expect(listening(inside)[0]).toBe(message)
  })

  test('with a key in place of its path does not show it', () => {
    const inside = 'port = 1\ntls = true\ncert = "/nowhere"\nkey = "-----BEGIN PRIVATE KEY-----hunter2"'
    const checked = checkText(`server "api" {\ntype = "json-rpc"\nlisten {\n${inside}\n}\n}`)
    expect(checked.diagnostics.at(-1)!.hint).toContain('write it to a file')
    expect(JSON.stringify(checked.diagnostics)).not.toContain('hunter2')
  })

  test('exposing or requiring what there is not', () => {
    const checked = checkText(`integration "events" { type = "memory" }
server "api" {
  type = "json-rpc"
  listen { port = 0 }
  requires = ["event"]
  expose {
    data   = ["prices"]
    topics = { a = { integration = "evens", topic = "a" } }
  }
}`)
    expect(places(checked)).toEqual([
      '5:15 there is no integration "event"',
      '7:15 there is no data "prices"',
      '8:36 there is no integration "evens"',
    ])
  })

  test('of the name of an integration', () => {
    const checked = checkText(
      'integration "a" { type = "memory" }\nserver "a" {\n  type = "json-rpc"\n  listen { port = 0 }\n}',
    )
    expect(places(checked)).toEqual([
      expect.stringMatching(/^2:8 the name "a" is already used by the integration at .*gateway\.hcl:1$/),
    ])
  })
})
