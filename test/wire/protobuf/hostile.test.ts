import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { SerializeError } from '../../../src/core/errors/operation.js'
import type { MessageCodec } from '../../../src/wire/protobuf/message-codec.js'
import { codecsOf } from './support.js'

const PROTO = `syntax = "proto2";
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/field_mask.proto";
package t;
message Node {
  optional string name = 1; repeated Node nodes = 2; map<string, Node> by_name = 3; repeated int32 numbers = 4 [packed = true];
  optional group Part = 5 { optional Node node = 1; } optional google.protobuf.Any any = 6;
  optional google.protobuf.Value json = 7; optional google.protobuf.Timestamp at = 8; optional google.protobuf.FieldMask mask = 9;
  optional bytes raw = 10; optional fixed64 wide = 11; optional sint64 long = 12; oneof one { Node left = 13; bool right = 14; }
  map<int64, bytes> bytes_by_number = 15;
}
`

let node: MessageCodec
beforeAll(async () => {
  node = (await codecsOf(PROTO))('t.Node')
})

function decode(bytes: Uint8Array): unknown {
  try {
    return node.decode(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(SerializeError)
    expect((error as Error).message).toMatch(/^protobuf: /)
    return error
  }
}

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const pollution = () => ({}) as { polluted?: unknown; name?: unknown }

describe('hostile bytes give a value or a SerializeError', () => {
  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decode(bytes)
      }),
      { numRuns: 3000 },
    )
  })

  test('bytes that look like fields', () => {
    const tag = fc
      .tuple(fc.integer({ min: 1, max: 16 }), fc.constantFrom(0, 1, 2, 3, 4, 5))
      .map(([number, type]) => [(number << 3) | type])
    const length = fc.integer({ min: 0, max: 20 }).map((number) => [number])
    const stream = fc.array(
      fc.oneof(
        tag,
        length,
        fc.uint8Array({ maxLength: 4 }).map((bytes) => [...bytes]),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(stream, (parts) => {
        decode(Uint8Array.from(parts.flat()))
      }),
      { numRuns: 3000 },
    )
  })

  test('a real message with any byte changed, or cut off anywhere', () => {
    const real = node.encode({
      name: 'ü',
      nodes: [{ numbers: [1, -1] }, {}],
      byName: { a: { at: '2024-05-06T07:08:09Z' } },
      part: { node: { json: { a: [1, null] } } },
      any: { '@type': 'x/t.Node', name: 'in' },
      mask: 'a,bC',
      wide: '18446744073709551615',
      long: -1,
      left: { raw: new Uint8Array(3) },
      bytesByNumber: { '-5': new Uint8Array(2) },
    })
    for (let i = 0; i < real.length; i++) decode(real.subarray(0, i))
    fc.assert(
      fc.property(fc.nat(real.length - 1), fc.nat(255), (at, byte) => {
        const changed = Uint8Array.from(real)
        changed[at] = byte
        decode(changed)
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['a length beyond the end', '0a ff ff ff ff 07', 'premature EOF'],
    ['a varint without an end', '60 ff ff ff ff ff ff ff ff ff ff ff', 'invalid varint'],
    ['a tag of number 0', '02 00', 'illegal tag'],
    ['the end of a group that was not begun', '2c', 'found the end of group 5, which was not started'],
    ['a group without an end', '2b', 'the message ends within a group'],
    ['a group that another number ends', '2b 34', 'found the end of group 6'],
    ['text that is not UTF-8', '0a 01 ff', 't.Node.name'],
    ['a message beyond its parent', '12 02 12 05', '5 bytes announced, 0 are left'],
    ['a field beyond its message', '12 02 0a 05 61 61 61 61 61', 't.Node'],
    ['a packed item beyond the list', '22 01 80 01', 't.Node.numbers'],
    ['a time out of range', '42 07 08 80 80 80 80 80 20', 'expected a timestamp'],
    ['a mask without a JSON form', '4a 03 0a 01 41', 'expected a field mask'],
    ['an Any that is no such message', '32 0c 0a 08 78 2f 74 2e 4e 6f 64 65 12 01 ff', ''],
  ])('%s', (_, hex, expected) => {
    const outcome = decode(bytesOf(hex))
    expect(outcome).toBeInstanceOf(SerializeError)
    expect((outcome as Error).message).toContain(expected)
  })

  test('depth, by messages, groups and unknown groups', () => {
    const nested = (levels: number): Uint8Array => {
      let bytes = new Uint8Array(0)
      for (let i = 0; i < levels; i++) {
        const length = bytes.length
        const head =
          length < 128
            ? [18, length]
            : length < 16384
              ? [18, (length & 127) | 128, length >> 7]
              : [18, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14]
        bytes = Uint8Array.from([...head, ...bytes])
      }
      return bytes
    }
    expect(decode(nested(127))).not.toBeInstanceOf(Error)
    expect(String(decode(nested(128)))).toContain('nested deeper than 128 levels')
    expect(decode(new Uint8Array(1_000_000).fill(0x2b))).toBeInstanceOf(SerializeError)
    // Field 100, which is not known, as groups.
    expect(decode(Uint8Array.from({ length: 1_000_000 }, (_, i) => (i % 2 ? 0x06 : 0xa3)))).toBeInstanceOf(
      SerializeError,
    )
  })

  test('names that objects have are members like any other', () => {
    const entry = (key: string) => {
      const body = [10, key.length, ...Buffer.from(key), 18, 3, 10, 1, 120]
      return [26, body.length, ...body]
    }
    const value = node.decode(
      Uint8Array.from([...entry('__proto__'), ...entry('constructor'), ...entry('a')]),
    ) as { byName: object }
    expect(Object.keys(value.byName)).toEqual(['__proto__', 'constructor', 'a'])
    expect(Object.getPrototypeOf(value.byName)).toBe(Object.prototype)
    expect(pollution().name).toBeUndefined()
    // And they go back the same way, and through a structured clone.
    expect(node.encode(structuredClone(value) as never)).toHaveLength(
      entry('__proto__').length + entry('constructor').length + entry('a').length,
    )
  })

  test('a field read twice: the last scalar counts, messages are merged, lists grow', () => {
    expect(
      decode(bytesOf('0a0161 0a0162 22020102 2003 6a030a0161 6a03500a00'.replace('6a03500a00', '6a025200'))),
    ).toEqual({
      name: 'b',
      numbers: [1, 2, 3],
      left: { name: 'a', raw: new Uint8Array(0) },
    })
    expect(decode(bytesOf('6a030a0161 7001'))).toEqual({ right: true })
  })
})
