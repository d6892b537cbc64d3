import { equals, fromBinary, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Value } from '../../../src/core/value.js'
import { schemaOf } from './support.js'

const PROTO = `syntax = "proto3";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/duration.proto";
package t;
enum Color { NONE = 0; RED = 1; DEEP = -7; }
message All {
  int32 i32 = 1; uint32 u32 = 2; int64 i64 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6; fixed32 f32 = 7;
  fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10; float f = 11; double d = 12; bool b = 13; string s = 14;
  bytes raw = 15; Color color = 16; All all = 17; repeated All more = 18; repeated sint64 longs = 19; repeated string texts = 20;
  map<string, All> by_name = 21; map<int64, bytes> by_number = 22; map<bool, Color> by_bool = 23; optional int32 maybe = 24;
  oneof one { string left = 25; All right = 26; } google.protobuf.Value json = 27; google.protobuf.StringValue text = 28;
  google.protobuf.Duration took = 29; repeated float floats = 30 [packed = false]; repeated Color colors = 31;
}
`

const text = fc.string({ unit: 'binary' }).filter((string) => string !== '__proto__')
const long = (min: bigint, max: bigint) => fc.bigInt(min, max).map(String)
const i64 = long(-(2n ** 63n), 2n ** 63n - 1n)
const u64 = long(0n, 2n ** 64n - 1n)
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const u32 = fc.nat(2 ** 32 - 1)
const float = fc.float({ noNaN: true, noDefaultInfinity: true })
const double = fc.double({ noNaN: true, noDefaultInfinity: true })
const bytes = fc.uint8Array({ maxLength: 20 })
const color = fc.constantFrom('NONE', 'RED', 'DEEP')
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 })
const entries = <T>(key: fc.Arbitrary<string>, item: fc.Arbitrary<T>) =>
  fc.dictionary(key, item, { maxKeys: 4, noNullPrototype: true })

/** Messages as both codecs read them, but for bytes; `inner` are those within. */
function messages(inner: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const fields = fc.record(
    {
      i32,
      u32,
      i64,
      u64,
      s32: i32,
      s64: i64,
      f32: u32,
      f64: u64,
      sf32: i32,
      sf64: i64,
      f: float,
      d: double,
      b: fc.boolean(),
      s: text,
      raw: bytes,
      color,
      all: inner,
      more: few(inner),
      longs: few(i64),
      texts: few(text),
      byName: entries(text, inner),
      byNumber: entries(i64, bytes),
      byBool: entries(fc.constantFrom('true', 'false'), color),
      maybe: i32,
      json: fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__')),
      text,
      took: fc.integer({ min: -9999, max: 9999 }).map((ms) => `${ms / 1000}s`),
      floats: few(float),
      colors: few(color),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  const one = fc.oneof(
    fc.constant({}),
    text.map((left) => ({ left })),
    inner.map((right) => ({ right })),
  )
  return fc.tuple(fields, one).map(([message, member]) => ({ ...message, ...member }))
}

const all = messages(messages(fc.constant({})))

/** The protobuf library reads bytes as base64 text. */
function asJson(value: unknown): JsonValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asJson(member)]))
}

test('our codec and that of the protobuf library read and write the same messages', async () => {
  const { registry, codec } = await schemaOf(PROTO)
  const desc = registry.getMessage('t.All')!
  const { encode, decode } = codec('t.All')
  fc.assert(
    fc.property(all, (value) => {
      const theirs = fromJson(desc, asJson(value), { registry })
      const bytes = encode(value as Value)
      expect(equals(desc, fromBinary(desc, bytes), theirs)).toBe(true)
      expect(decode(toBinary(desc, theirs))).toEqual(decode(bytes))
    }),
    { numRuns: 200 },
  )
})
