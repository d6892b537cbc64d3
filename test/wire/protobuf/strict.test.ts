import { beforeAll, describe, expect, test } from 'vitest'
import { SerializeError } from '../../../src/core/errors/operation.js'
import type { Value } from '../../../src/core/value.js'
import type { MessageCodec } from '../../../src/wire/protobuf/message-codec.js'
import { codecsOf } from './support.js'

const PROTO = `syntax = "proto3";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
package t;
enum Color { NONE = 0; RED = 1; }
message Item { string name = 1; double unit_price = 2; Item inner = 3; }
message All {
  int32 i32 = 1; uint32 u32 = 2; int64 i64 = 3; uint64 u64 = 4; float f = 5; double d = 6;
  bool b = 7; string s = 8; bytes raw = 9; Color color = 10; Item item = 11;
  repeated Item items = 12; repeated int32 numbers = 13; map<string, Item> by_name = 14; map<int32, bool> flags = 15;
  oneof choice { string left = 16; int32 right = 17; google.protobuf.NullValue none = 18; }
  google.protobuf.Timestamp at = 19; google.protobuf.Duration took = 20; google.protobuf.FieldMask mask = 21;
  google.protobuf.Struct extra = 22; google.protobuf.Any any = 23; google.protobuf.Int32Value maybe = 24;
  google.protobuf.Value json = 25; optional int32 explicit = 26; string constructor = 27;
}
`

let all: MessageCodec
let lean: MessageCodec
let flat: MessageCodec
let full: MessageCodec
beforeAll(async () => {
  all = (await codecsOf(PROTO))('t.All')
  lean = (await codecsOf(PROTO, { maxBytes: 1000, maxDepth: 5 }))('t.All')
  flat = (await codecsOf(PROTO, { maxBytes: 100_000 }))('t.All')
  full = (await codecsOf(PROTO, { fillDefaults: true }))('t.All')
})

function refusalOf(value: unknown, codec = all): string {
  try {
    codec.encode(value as Value)
  } catch (error) {
    expect(error).toBeInstanceOf(SerializeError)
    return (error as SerializeError).reason
  }
  return expect.fail('it was not refused')
}

class Point {
  name = 'x'
}
const cyclic: { item: { inner?: unknown } } = { item: {} }
cyclic.item.inner = cyclic.item
const doubling = (levels: number): unknown => {
  let value: unknown = [0]
  for (let i = 0; i < levels; i++) value = [value, value, value, value]
  return value
}

describe('a value that is not as the schema says is refused, and the member named', () => {
  test.each<[string, unknown, string]>([
    ['an unknown field', { nmbers: [1] }, '$.nmbers: t.All has no such field; did you mean numbers?'],
    [
      'an unknown field within',
      { items: [{}, { unitprice: 1 }] },
      '$.items[1].unitprice: t.Item has no such field; did you mean unitPrice?',
    ],
    [
      'an unknown field in a map',
      { byName: { 'a b': { x: 1 } } },
      '$.byName["a b"].x: t.Item has no such field',
    ],
    ['an own __proto__', JSON.parse('{"__proto__":{}}'), '$.__proto__: t.All has no such field'],
    ['text for a number', { item: { unitPrice: 'abc' } }, '$.item.unitPrice: expected double, found text'],
    ['a fraction', { i32: 1.5 }, '$.i32: expected int32, found the number 1.5'],
    ['too large a number', { i32: 2 ** 31 }, '$.i32: expected int32, found the number 2147483648'],
    ['a negative number', { u32: -1 }, '$.u32: expected uint32, found the number -1'],
    ['an unsafe number', { i64: 2 ** 53 }, '$.i64: expected int64, found the number 9007199254740992'],
    ['too large a text', { u64: '18446744073709551616' }, '$.u64: expected uint64, found text'],
    ['too large a BigInt', { i64: 2n ** 63n }, '$.i64: expected int64, found a bigint'],
    ['hexadecimal text', { i32: '0x10' }, '$.i32: expected int32, found text'],
    ['a BigInt for an int32', { i32: 1n }, '$.i32: expected int32, found a bigint'],
    ['more than a float holds', { f: 1e39 }, '$.f: expected float, found the number 1e+39'],
    ['a number for a bool', { b: 1 }, '$.b: expected bool, found the number 1'],
    ['a number for a string', { s: 1 }, '$.s: expected string, found the number 1'],
    ['half a surrogate pair', { s: '\ud800' }, '$.s: expected string, found text'],
    ['text for bytes', { raw: 'ä' }, '$.raw: expected bytes (a Uint8Array), found text'],
    ['base64 text for bytes', { raw: 'AQI=' }, '$.raw: expected bytes (a Uint8Array), found text'],
    ['empty text for bytes', { raw: '' }, '$.raw: expected bytes (a Uint8Array), found text'],
    ['an unknown enum value', { color: 'BLUE' }, '$.color: expected enum t.Color (NONE, RED), found text'],
    ['an array for a message', { item: [] }, '$.item: expected an object (t.Item), found an array'],
    ['an object for a list', { numbers: { 0: 1 } }, '$.numbers: expected an array, found an object'],
    ['null in a list', { items: [null] }, '$.items[0]: expected an object (t.Item), found null'],
    ['a hole in a list', { numbers: [1, undefined] }, '$.numbers[1]: expected int32, found undefined'],
    [
      'a key that is no number',
      { flags: { x: true } },
      '$.flags.x: expected a key that is int32, found text',
    ],
    ['a Map', { byName: new Map() }, '$.byName: expected an object (a map), found a Map'],
    ['a class instance', { item: new Point() }, '$.item: expected an object (t.Item), found an object'],
    ['a function', { item: () => 1 }, '$.item: expected an object (t.Item), found a function'],
    ['a symbol', { s: Symbol('x') }, '$.s: expected string, found a symbol'],
    ['two members of a oneof', { left: 'x', right: 1 }, '$.left: right of the oneof choice is also given'],
    [
      'a field by both of its names',
      { byName: {}, by_name: {} },
      '$.by_name: the same field is also given as byName',
    ],
    ['what is no time', { at: '2024-02-30T00:00:00Z' }, '$.at: expected a timestamp'],
    ['an invalid Date', { at: new Date(Number.NaN) }, '$.at: expected a timestamp'],
    ['a time beyond', { at: '9999-12-31T23:59:59-00:01' }, '$.at: expected a timestamp'],
    [
      'what is no duration',
      { took: '1m' },
      '$.took: expected a duration such as "1.5s", within 10,000 years (google.protobuf.Duration), found text',
    ],
    ['what is no mask', { mask: 'a_b' }, '$.mask: expected a field mask'],
    [
      'what is no struct',
      { extra: [1] },
      '$.extra: expected an object (google.protobuf.Struct), found an array',
    ],
    ['NaN in JSON', { json: { a: [1, Number.NaN] } }, '$.json.a[1]: expected null, a finite number'],
    [
      'an Any without a type',
      { any: { x: 1 } },
      '$.any: "@type" is expected to be a URL that ends in /type, found undefined',
    ],
    [
      'an Any of an unknown type',
      { any: { '@type': 'x/t.Gone', a: 1 } },
      '$.any: the schema has no message t.Gone',
    ],
    [
      'an unknown field in an Any',
      { any: { '@type': 'x/t.Item', a: 1 } },
      '$.any.a: t.Item has no such field',
    ],
    ['text for a wrapper', { maybe: 'x' }, '$.maybe: expected int32, found text'],
    ['a cycle', cyclic, 'nested deeper than 128 levels'],
    ['no message at all', 'x', '$: expected an object (t.All), found text'],
    ['undefined', undefined, '$: expected an object (t.All), found undefined'],
  ])('%s', (_, value, expected) => {
    expect(refusalOf(value)).toMatch(/^protobuf: \$/)
    expect(refusalOf(value)).toContain(expected)
  })

  test('and no payload is in the message', () => {
    expect(refusalOf({ i32: 'hunter2' })).not.toContain('hunter2')
    expect(refusalOf({ color: 'hunter2' })).not.toContain('hunter2')
  })

  test('what throws when it is read', () => {
    const hostile = {
      get s(): string {
        throw new Error('no')
      },
    }
    expect(refusalOf(hostile)).toBe('protobuf: the value cannot be read')
    // The codec is as good as new.
    expect(all.encode({ i32: 1 })).toEqual(new Uint8Array([8, 1]))
  })
})

describe('limits', () => {
  test('what is too large or too deep is refused, in both directions', () => {
    expect(refusalOf({ s: 'x'.repeat(1001) }, lean)).toContain('more than the limit of 1000 bytes')
    expect(refusalOf({ numbers: new Array(1001).fill(1) }, lean)).toContain(
      'more than the limit of 1000 bytes',
    )
    expect(refusalOf({ s: 'é'.repeat(600) }, lean)).toContain('more than the limit of 1000 bytes')
    expect(() => lean.decode(new Uint8Array(1001))).toThrow(
      '1001 bytes are more than the limit of 1000 bytes',
    )
    const deep = (levels: number): Value => (levels === 0 ? {} : { inner: deep(levels - 1) })
    expect(lean.decode(lean.encode({ item: deep(3) }))).toEqual({ item: deep(3) })
    expect(refusalOf({ item: deep(4) }, lean)).toContain('nested deeper than 5 levels')
    expect(() => lean.decode(all.encode({ item: deep(4) }))).toThrow('nested deeper than 5 levels')
    expect(() => lean.decode(all.encode({ json: [[[[1]]]] }))).toThrow('nested deeper than 5 levels')
  })

  test('a small graph that unfolds into a huge tree is refused early', () => {
    expect(refusalOf({ json: doubling(12) }, flat)).toContain('limit of 100000 bytes')
  })

  test('messages in an Any in an Any count as depth', () => {
    let value: Value = { '@type': 'x/t.Item', name: 'x' }
    for (let i = 0; i < 200; i++) value = { '@type': 'x/google.protobuf.Any', value }
    expect(refusalOf({ any: value })).toContain('nested deeper than 128 levels')
  })
})

describe('what may be written in more than one way', () => {
  test.each<[string, unknown, unknown]>([
    [
      'the name in the .proto file',
      { by_name: { a: { unit_price: 2 } } },
      { byName: { a: { unitPrice: 2 } } },
    ],
    ['a name that objects inherit', { constructor: 'x' }, { constructor: 'x' }],
    [
      'numbers as text',
      { i32: '-5', d: '1e3', f: 'NaN', i64: '7' },
      { i32: -5, d: 1000, f: Number.NaN, i64: 7 },
    ],
    [
      '64 bits, exactly',
      { i64: '-9223372036854775808', u64: 2n ** 64n - 1n },
      { i64: '-9223372036854775808', u64: '18446744073709551615' },
    ],
    ['enums by number', { color: 1 }, { color: 'RED' }],
    ['a number that the enum does not name', { color: 9 }, { color: 9 }],
    ['bytes of a Buffer', { raw: Buffer.from('ab') }, { raw: new Uint8Array([97, 98]) }],
    ['a Date', { at: new Date(86_400_001) }, { at: '1970-01-02T00:00:00.001Z' }],
    ['a time with an offset', { at: '1970-01-01T02:00:00.5+01:00' }, { at: '1970-01-01T01:00:00.500Z' }],
    ['null for nothing', { s: null, item: null, numbers: null, left: null, at: null }, {}],
    ['null where it is a value', { json: null, none: null }, { json: null, none: null }],
    [
      'defaults are not sent, but for explicit ones',
      { i32: 0, s: '', numbers: [], explicit: 0 },
      { explicit: 0 },
    ],
    [
      'bytes of an unknown Any',
      { any: { '@type': 'x/t.Gone', value: 'AQI=' } },
      { any: { '@type': 'x/t.Gone', value: 'AQI=' } },
    ],
  ])('%s', (_, value, expected) => {
    expect(all.decode(all.encode(value as Value))).toEqual(expected)
  })

  test('a codec may fill in the defaults', () => {
    expect(full.decode(new Uint8Array(0))).toEqual({
      i32: 0,
      u32: 0,
      i64: 0,
      u64: 0,
      f: 0,
      d: 0,
      b: false,
      s: '',
      raw: new Uint8Array(0),
      color: 'NONE',
      items: [],
      numbers: [],
      byName: {},
      flags: {},
      constructor: '',
    })
    expect(full.decode(all.encode({ item: {} }))).toMatchObject({ item: { name: '', unitPrice: 0 } })
  })
})
