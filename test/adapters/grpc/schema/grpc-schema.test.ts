import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  decodeStatusDetails,
  type GrpcSchema,
  schemaFromDescriptorSet,
  schemaFromProto,
} from '../../../../src/adapters/grpc/schema/index.js'
import { SerializeError } from '../../../../src/core/errors/operation.js'
import type { Value } from '../../../../src/core/value.js'
import { PROTOS, protocSet } from './support.js'

let shop: GrpcSchema
beforeAll(async () => {
  shop = await schemaFromProto([join(PROTOS, 'shop.proto')], [])
})

const order = {
  id: 'o-1',
  lines: [
    { sku: 'a', count: 2, price: { currency: 'CHF', units: 12, nanos: -5 } },
    { sku: 'ü', count: -1 },
  ],
  labels: { one: '1', __proto: 'x' },
  byNumber: { '-9007199254740993': { sku: 'far' }, '1': {} },
  state: 'PAID',
  note: '',
  cash: { units: '9223372036854775807' },
  receipt: new Uint8Array([0, 255, 7]),
  total: -3,
  serial: '18446744073709551615',
  deltas: [-1, 0, 2147483647, -2147483648],
  ratios: [0.5, -0, Number.POSITIVE_INFINITY],
  at: '2024-05-06T07:08:09.010Z',
  took: '-1.500s',
  extra: { a: [1, 'x', null, true, { b: {} }], n: null },
  anything: null,
  detail: { '@type': 'type.googleapis.com/acme.shop.Pick', color: 'RED' },
  mask: 'id,lines.unitPrice',
  maybeCount: 0,
  parent: { id: 'p', state: 'LOST' },
  express: true,
  weight: 1.5,
  theCode: 4294967295,
  colors: { true: 'GREEN', false: 'COLOR_UNKNOWN' },
}

describe('the methods of a schema', () => {
  test.each(['acme.shop.Orders/Put', 'acme.shop.Orders.Put', '/acme.shop.Orders/Put', 'Orders/Put', 'Put'])(
    '%s',
    (name) => {
      expect(shop.method(name)).toMatchObject({
        path: '/acme.shop.Orders/Put',
        service: 'acme.shop.Orders',
        name: 'Put',
      })
    },
  )

  test('have a kind and may be idempotent', () => {
    const of = (name: string) => [shop.method(name).kind, shop.method(name).idempotent]
    expect(of('Orders/Get')).toEqual(['unary', true])
    expect(of('Put')).toEqual(['unary', false])
    expect(of('Upload')).toEqual(['client-streaming', false])
    expect(of('Watch')).toEqual(['server-streaming', false])
    expect(of('Talk')).toEqual(['bidi', false])
  })

  test('are not guessed', () => {
    expect(() => shop.method('Get')).toThrow(
      'may be any of acme.shop.Orders/Get, acme.shop.Returns/Get: write its full name',
    )
    expect(() => shop.method('acme.shop.Order/Put')).toThrow(
      'the schema has no method "acme.shop.Order/Put"; did you mean acme.shop.Orders/Put?',
    )
    expect(() => shop.method('constructor')).toThrow(SerializeError)
  })
})

describe('values', () => {
  test('come back as they went, of every kind of field', () => {
    const { encodeRequest, decodeRequest } = shop.method('Put')
    expect(decodeRequest(encodeRequest(order as unknown as Value))).toEqual(order)
  })

  test('a schema from protoc encodes to the same bytes', async () => {
    const other = schemaFromDescriptorSet(await protocSet('shop'))
    expect(other.services).toEqual(shop.services)
    const bytes = shop.method('Put').encodeRequest(order as unknown as Value)
    expect(other.method('Put').encodeRequest(order as unknown as Value)).toEqual(bytes)
  })

  test('a message has the bytes that protoc --encode wrote when this was recorded', () => {
    const bytes = shop.method('Put').encodeRequest({
      id: 'o-1',
      lines: [{ sku: 'ü', count: 3 }],
      state: 'PAID',
      deltas: [-1, 5],
      at: '1970-01-01T00:00:01Z',
    })
    expect(Buffer.from(bytes).toString('hex')).toBe('0a036f2d3112060a02c3bc100328016a02010a7a020801')
  })

  test('proto2: groups, extensions, required, closed enums', async () => {
    const legacy = await schemaFromProto([join(PROTOS, 'legacy.proto')], [])
    const { encodeRequest, decodeRequest } = legacy.method('Keep')
    const value = {
      name: '',
      size: 0,
      kind: 'GOOD',
      loose: [1, 300],
      tight: [1, 300],
      part: { label: 'p' },
      piece: [{ n: 1 }, { n: 2 }],
      '[acme.legacy.nick_name]': 'nick',
      '[acme.legacy.Base.Inner.inside]': { deep: 5 },
      '[acme.legacy.marks]': [1, 2],
    }
    expect(decodeRequest(encodeRequest(value))).toEqual(value)
    expect(() => encodeRequest({ size: 1 })).toThrow(
      'protobuf: $: the required field name of acme.legacy.Base is missing',
    )
    expect(() => decodeRequest(new Uint8Array([16, 1]))).toThrow(
      'protobuf: acme.legacy.Base.name: the required field is missing',
    )
    expect(() => encodeRequest({ name: 'n', kind: 3 })).toThrow(
      '$.kind: expected enum acme.legacy.Base.Kind (GOOD, BETTER), found the number 3',
    )
    // A value that a closed enum does not have is an unknown field.
    expect(decodeRequest(new Uint8Array([10, 0, 24, 9]))).toEqual({ name: '' })
  })

  test('an edition and its features', async () => {
    const { MessageCodecs } = await import('../../../../src/wire/protobuf/message-codec.js')
    const { loadProtoFiles } = await import('../../../../src/wire/protobuf/proto/load.js')
    const { protobufSchema, writtenFile } = await import('../../../../src/wire/protobuf/protobuf-schema.js')
    const { registry } = protobufSchema(
      (await loadProtoFiles([join(PROTOS, 'modern.proto')], [])).map(writtenFile),
    )
    const reading = new MessageCodecs(registry).of(registry.getMessage('acme.modern.Reading')!)
    const value = { sensor: '', level: 0, samples: [1, 2], raw: [1, 2], tag: { name: 't' }, mode: 'OFF' }
    const bytes = reading.encode(value)
    // Implicit: the empty sensor is not sent; explicit: the level is; packed; expanded; delimited; closed.
    expect(Buffer.from(bytes).toString('hex')).toBe('10001a020102200120022b0a01742c')
    expect(reading.decode(bytes)).toEqual({ level: 0, samples: [1, 2], raw: [1, 2], tag: { name: 't' } })
  })
})

describe('files for a reflection server', () => {
  test('are the bytes of the descriptor set, with what they import', async () => {
    const set = await protocSet('shop')
    const schema = schemaFromDescriptorSet(set)
    const files = schema.fileByName('shop.proto')!
    expect(files).toHaveLength(10)
    for (const file of files) expect(Buffer.from(set).includes(Buffer.from(file))).toBe(true)
    for (const symbol of [
      'acme.shop.Orders',
      'acme.shop.Orders.Get',
      'acme.shop.Order.Line',
      'acme.shop.Order.Line.sku',
    ])
      expect(schema.fileContainingSymbol(symbol)).toEqual(files)
    expect(schema.fileContainingSymbol('acme.Currency')).toEqual(schema.fileByName('currency.proto'))
    expect(schema.fileContainingSymbol('acme.shop.Orders.Gone')).toBeUndefined()
    expect(schema.fileContainingSymbol('Gone')).toBeUndefined()
    expect(schema.fileByName('gone.proto')).toBeUndefined()
  })

  test('a set that lacks an import says so; one that is no set too', async () => {
    const set = await protocSet('shop')
    const [shopFile] = schemaFromDescriptorSet(set).fileByName('shop.proto')!
    const alone = Buffer.concat([
      Buffer.from([10, (shopFile!.length & 0x7f) | 0x80, shopFile!.length >> 7]),
      shopFile!,
    ])
    expect(() => schemaFromDescriptorSet(alone)).toThrow(
      'the schema lacks money.proto, which shop.proto imports',
    )
    expect(() => schemaFromDescriptorSet(new Uint8Array([10, 200]))).toThrow(SerializeError)
    expect(() => schemaFromDescriptorSet(new Uint8Array([10, 2, 255, 255]))).toThrow(SerializeError)
  })
})

describe('google.rpc.Status', () => {
  test('has the details that all know, those of the schema, and base64 of the others', () => {
    const any = (type: string, hex: string) => {
      const url = Buffer.from(`type.googleapis.com/${type}`)
      const value = Buffer.from(hex, 'hex')
      const body = Buffer.concat([Buffer.from([10, url.length]), url, Buffer.from([18, value.length]), value])
      return Buffer.concat([Buffer.from([26, body.length]), body])
    }
    const bytes = Buffer.concat([
      Buffer.from('08051204676f6e65', 'hex'),
      any('google.rpc.RetryInfo', '0a020802'),
      any('google.rpc.ErrorInfo', '0a01521201441a060a016b120176'),
      any('acme.shop.Pick', '0802'),
      any('acme.shop.Pick', 'ff'),
      any('acme.Unknown', '0102'),
    ])
    expect(decodeStatusDetails(bytes, shop)).toEqual({
      code: 5,
      message: 'gone',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' },
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'R',
          domain: 'D',
          metadata: { k: 'v' },
        },
        { '@type': 'type.googleapis.com/acme.shop.Pick', color: 'GREEN' },
        { '@type': 'type.googleapis.com/acme.shop.Pick', value: '/w==' },
        { '@type': 'type.googleapis.com/acme.Unknown', value: 'AQI=' },
      ],
    })
    expect(() => decodeStatusDetails(new Uint8Array([255]), shop)).toThrow(SerializeError)
  })
})
