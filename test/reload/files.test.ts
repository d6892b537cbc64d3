import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { withSchemas } from '../../src/gateway-schemas.js'
import { planReload } from '../../src/reload/plan.js'
import { ReadFiles } from '../../src/watch/read-files.js'

let folder: string
const at = (name: string) => join(folder, name)
const write = (name: string, text: string) => writeFileSync(at(name), text)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nemo-reload-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function load(files = new ReadFiles()) {
  const { config } = await loadConfig(at('gateway.hcl'), { noteFile: files.note })
  return withSchemas(config, files.note)
}

/** What a reload does after one file has changed, and why. */
async function planAfter(name: string, text: string) {
  const before = await load()
  write(name, text)
  const plan = planReload(before, await load())
  return plan
    .filter(({ action }) => action !== 'unchanged')
    .map(({ name: of, action, forcedBy }) => [of, action, forcedBy?.place, forcedBy?.reason])
}

test('a changed .proto file, also an imported one, gives actors of gRPC a successor', async () => {
  write('inner.proto', 'syntax = "proto3"; message Inner {}')
  write(
    'outer.proto',
    'syntax = "proto3";\nimport "inner.proto";\nservice S { rpc F(Inner) returns (Inner); }',
  )
  write(
    'gateway.hcl',
    `integration "orders" {
      type     = "grpc"
      endpoint { address = "127.0.0.1:1" }
      config { proto = "outer.proto" }
    }
    server "api" {
      type = "grpc"
      listen { port = 0 }
      config { proto = "outer.proto" }
    }`,
  )
  const changed = 'syntax = "proto3"; message Inner { int32 n = 1; }'
  expect(await planAfter('inner.proto', changed)).toEqual([
    ['orders', 'reconnect', at('inner.proto'), 'the file has changed'],
    ['api', 'replace', expect.stringContaining('gateway.hcl:'), expect.any(String)],
  ])
  expect(await planAfter('inner.proto', changed)).toEqual([])
})

test('a changed schema of payloads names the block, and a comment in it changes nothing', async () => {
  write('m.proto', 'syntax = "proto3"; message M { int32 n = 1; }')
  write(
    'gateway.hcl',
    `integration "events" {
      type   = "memory"
      format = "protobuf"
      protobuf {
        proto   = "m.proto"
        message = "M"
      }
    }`,
  )
  expect(await planAfter('m.proto', 'syntax = "proto3"; message M { int32 n = 1; } // n')).toEqual([])
  expect(await planAfter('m.proto', 'syntax = "proto3"; message M { int64 n = 1; }')).toEqual([
    ['events', 'reconnect', `${at('gateway.hcl')}:4`, 'the schema has changed'],
  ])
})

test('a changed certificate of a client gives it a successor; those of servers are read again by themselves', async () => {
  for (const name of ['ca.pem', 'cert.pem', 'key.pem', 'server.pem', 'server.key']) write(name, 'one')
  write(
    'gateway.hcl',
    `integration "events" {
      type = "mqtt"
      endpoint {
        address = "mqtts://127.0.0.1"
        tls {
          ca_cert     = "ca.pem"
          client_cert = "cert.pem"
          client_key  = "key.pem"
        }
      }
    }
    server "api" {
      type = "json-rpc"
      listen {
        port = 0
        tls {
          cert = "server.pem"
          key  = "server.key"
        }
      }
    }`,
  )
  expect(await planAfter('key.pem', 'two')).toEqual([
    ['events', 'reconnect', at('key.pem'), 'the file has changed'],
  ])
  expect(await planAfter('server.pem', 'two')).toEqual([])
  const files = new ReadFiles()
  await load(files)
  expect([...files.states(true).keys()].sort()).toEqual(
    ['ca.pem', 'cert.pem', 'gateway.hcl', 'key.pem'].map(at),
  )
  expect(files.states(false).has(at('server.pem'))).toBe(true)
})
