import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load.js'
import { Gateway, SerializeError, UnsupportedError } from '../../../src/index.js'
import { compileSchema } from '../../../src/wire/protobuf/compile.js'

const PROTO = `syntax = "proto3";
package shop;
message Order { string id = 1; repeated Line lines = 2; bytes receipt = 3; }
message Line { string sku = 1; int32 count = 2; }
`
const order = { id: 'o-1', lines: [{ sku: 'a', count: 2 }], receipt: new Uint8Array([1, 2]) }
const encoded = '0a036f2d3112050a01611002' + '1a020102'

let folder: string
let gateway: Gateway | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payloads-'))
  await writeFile(join(folder, 'shop.proto'), PROTO)
  await writeFile(join(folder, 'broken.proto'), 'syntax = "proto3";\nmessage {\n')
})
afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
  gateway = undefined
})
afterAll(() => rm(folder, { recursive: true }))

async function start(hcl: string): Promise<Gateway> {
  const file = join(folder, 'gateway.hcl')
  await writeFile(file, hcl)
  gateway = await Gateway.start(file)
  return gateway
}

const integration = (block: string, format = 'protobuf') => `integration "bus" {
  type   = "memory"
  format = "${format}"
  ${block}
}
`

describe('payloads that are protobuf messages', () => {
  test('are published, subscribed, queued and checked by the schema of the integration', async () => {
    const { pubsub, queue } = {
      pubsub: (
        await start(integration('protobuf {\n proto = "shop.proto"\n message = "shop.Order"\n }'))
      ).pubsub('bus'),
      queue: gateway!.queue('bus'),
    }
    const values = await pubsub.subscribe('orders')
    const bytes = await pubsub.subscribe('orders', { decode: 'bytes' })
    const lazy = await pubsub.subscribe('orders', { decode: 'lazy' })
    await pubsub.publish('orders', order)
    expect((await values.recv())!.value).toEqual(order)
    expect(Buffer.from((await bytes.recv())!.value as Uint8Array).toString('hex')).toBe(encoded)
    expect((await lazy.recv())!.value).toEqual(order)

    await expect(pubsub.publish('orders', { ...order, total: 1 })).rejects.toThrow(
      '$.total: shop.Order has no such field',
    )
    await expect(pubsub.publish('orders', { lines: [{ count: 'x' }] })).rejects.toBeInstanceOf(SerializeError)
    await expect(pubsub.publish('orders', { lines: [{ count: 'x' }] })).rejects.toThrow(
      '$.lines[0].count: expected int32, found text',
    )

    await queue.send('orders', order)
    const message = (await queue.receive('orders', { timeout: '5s' }))!
    expect(message.value).toEqual(order)
    await message.ack()
    await values.close()
  })

  test('a request may name another message, or another format', async () => {
    const set = join(folder, 'shop.pb')
    await writeFile(
      set,
      await compileSchema({ proto: [join(folder, 'shop.proto')], include: [], message: 'shop.Order' }),
    )
    const bus = (
      await start(integration('protobuf {\n descriptor_set = "shop.pb"\n message = "shop.Order"\n }', 'json'))
    ).pubsub('bus')
    const lines = await bus.subscribe('lines', { format: 'protobuf:shop.Line' })
    const raw = await bus.subscribe('lines', { decode: 'bytes' })
    await bus.publish('lines', { sku: 'b', count: 3 }, { format: 'protobuf:shop.Line' })
    expect((await lines.recv())!.value).toEqual({ sku: 'b', count: 3 })
    expect(Buffer.from((await raw.recv())!.value as Uint8Array).toString('hex')).toBe('0a01621003')
    await bus.publish('lines', order, { format: 'protobuf' })
    expect(Buffer.from((await raw.recv())!.value as Uint8Array).toString('hex')).toBe(encoded)
    await bus.publish('lines', { sku: 'json' })
    expect(Buffer.from((await raw.recv())!.value as Uint8Array).toString()).toBe('{"sku":"json"}')
    await expect(bus.publish('lines', {}, { format: 'protobuf:shop.Lines' })).rejects.toThrow(
      'the schema has no message "shop.Lines"; did you mean shop.Line?',
    )
    await expect(bus.publish('lines', {}, { format: 'json:shop.Line' })).rejects.toBeInstanceOf(
      UnsupportedError,
    )
  })

  test('without a schema there is no such format', async () => {
    const bus = (await start(integration('', 'json'))).pubsub('bus')
    await expect(bus.publish('t', order, { format: 'protobuf' })).rejects.toThrow(
      'the format "protobuf" over memory (expected one of json, msgpack, binary) is not supported',
    )
  })
})

describe('a wrong schema is a fault of the configuration', () => {
  test.each<[string, string, string]>([
    ['no block', '', 'the format "protobuf" needs a block "protobuf"'],
    ['no message', 'protobuf {\n proto = "shop.proto"\n }', '"message"'],
    [
      'both sources',
      'protobuf {\n proto = "shop.proto"\n descriptor_set = "shop.proto"\n message = "shop.Order"\n }',
      'expected either "proto" or "descriptor_set"',
    ],
    [
      'neither source',
      'protobuf {\n message = "shop.Order"\n }',
      'expected either "proto" or "descriptor_set"',
    ],
    ['an unknown name', 'protobuf {\n prot = "shop.proto"\n message = "shop.Order"\n }', 'prot'],
  ])('%s', async (_, block, expected) => {
    const file = join(folder, 'wrong.hcl')
    await writeFile(file, integration(block))
    await expect(loadConfig(file, { env: {} })).rejects.toThrow(expected)
  })

  test.each<[string, string, string]>([
    [
      'a message that is not declared',
      'protobuf {\n proto = "shop.proto"\n message = "shop.Ordre"\n }',
      'did you mean shop.Order?',
    ],
    [
      'a file with a syntax error',
      'protobuf {\n proto = "broken.proto"\n message = "A"\n }',
      'broken.proto:2: ',
    ],
    [
      'a file that is not there',
      'protobuf {\n proto = "gone.proto"\n message = "A"\n }',
      'gone.proto: the file cannot be read (ENOENT)',
    ],
    [
      'a set that is none',
      'protobuf {\n descriptor_set = "shop.proto"\n message = "A"\n }',
      'the descriptor set is not valid',
    ],
  ])('%s', async (_, block, expected) => {
    const starting = start(integration(block))
    await expect(starting).rejects.toMatchObject({ kind: 'config' })
    await expect(starting).rejects.toThrow(expected)
  })
})
