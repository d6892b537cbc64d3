import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/core/value.js'
import { wireFormat } from '../../src/wire/wire-format.js'
import { jsonValues, valuesWithBytes } from './arbitrary.js'

const json = wireFormat('json')
const msgpack = wireFormat('msgpack')
const binary = wireFormat('binary')

describe('round trips', () => {
  test('json gives back what it was given, as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        const bytes = json.encode(value)
        expect(Buffer.from(bytes).toString()).toBe(JSON.stringify(value))
        expect(json.decode(bytes)).toEqual(value)
      }),
    )
  })

  test('msgpack gives back what it was given, bytes included', () => {
    fc.assert(
      fc.property(valuesWithBytes, (value) => {
        expect(msgpack.decode(msgpack.encode(value))).toEqual(value)
      }),
    )
  })

  test('binary hands bytes through', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(binary.decode(binary.encode(bytes))).toBe(bytes)
      }),
    )
  })

  test('msgpack carries every width of number', () => {
    const numbers = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
    const all = [...numbers, ...numbers.map((number) => -number - 1), 1.5, 1e300, Infinity, -Infinity, NaN]
    expect(msgpack.decode(msgpack.encode(all))).toEqual(all)
  })

  test('msgpack carries strings, arrays, maps and bytes of every width', () => {
    for (const size of [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
      const value = {
        text: 'é'.repeat(size),
        list: Array.from({ length: size }, (_, i) => i),
        members: Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}`, i])),
        bytes: new Uint8Array(size).fill(7),
      }
      expect(msgpack.decode(msgpack.encode(value))).toEqual(value)
    }
  })

  test.each([json, msgpack])(
    '$name leaves undefined members out and writes undefined items as null',
    (format) => {
      const value = { a: undefined, b: [1, undefined, 2] } as unknown as Value
      const decoded = format.decode(format.encode(value))
      expect(decoded).toEqual({ b: [1, null, 2] })
      expect(Object.keys(decoded as object)).toEqual(['b'])
    },
  )

  test.each([json, msgpack])('$name writes a Date as its ISO text, and leaves the value alone', (format) => {
    const at = new Date('2024-05-06T07:08:09.010Z')
    const value = { list: [{ at }], plain: 1 } as unknown as Value
    expect(format.decode(format.encode(value))).toEqual({
      list: [{ at: '2024-05-06T07:08:09.010Z' }],
      plain: 1,
    })
    expect(value).toEqual({ list: [{ at }], plain: 1 })
  })

  test.each([json, msgpack])(
    '$name takes objects without a prototype and values from a structured clone',
    (format) => {
      const bare = Object.assign(Object.create(null), { a: 1 }) as Value
      expect(format.decode(format.encode(bare))).toEqual({ a: 1 })
      expect(format.decode(format.encode(structuredClone({ a: [{ b: 'c' }] })))).toEqual({ a: [{ b: 'c' }] })
    },
  )

  test('a value in two places is no cycle', () => {
    const shared = { n: 1 }
    expect(json.decode(json.encode({ a: shared, b: [shared, shared] }))).toEqual({
      a: { n: 1 },
      b: [{ n: 1 }, { n: 1 }],
    })
  })

  test('json accepts a byte order mark and keeps unpaired surrogates', () => {
    expect(json.decode(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 })
    expect(json.decode(json.encode('\ud800'))).toBe('\ud800')
    expect(json.decode(json.encode('\ufffd'))).toBe('\ufffd')
  })

  test('msgpack reads a timestamp of every width as ISO text', () => {
    expect(msgpack.decode(Buffer.from('d6ff00000001', 'hex'))).toBe('1970-01-01T00:00:01.000Z')
    expect(msgpack.decode(Buffer.from('d7ff0000000000000002', 'hex'))).toBe('1970-01-01T00:00:02.000Z')
    expect(msgpack.decode(Buffer.from('c70cff000f4240ffffffffffffffff', 'hex'))).toBe(
      '1969-12-31T23:59:59.001Z',
    )
  })
})

describe('memory', () => {
  test('two msgpack messages share no memory, though the encoder is reused', () => {
    const first = msgpack.encode({ a: 1 })
    const before = Uint8Array.from(first)
    const second = msgpack.encode({ b: 2 })
    expect(first.buffer).not.toBe(second.buffer)
    expect(first).toEqual(before)
  })

  test('decoded bytes are copies, each of its own', () => {
    const message = Buffer.from(msgpack.encode({ a: new Uint8Array([1, 2, 3]), list: [new Uint8Array([4])] }))
    const decoded = msgpack.decode(message) as { a: Uint8Array; list: Uint8Array[] }
    message.fill(0)
    expect(decoded).toEqual({ a: new Uint8Array([1, 2, 3]), list: [new Uint8Array([4])] })
    expect(decoded.a.buffer.byteLength).toBe(3)
    expect(decoded.a.buffer).not.toBe(decoded.list[0]!.buffer)
  })

  test('bytes decoded at the top level are a copy too', () => {
    const message = msgpack.encode(new Uint8Array([1, 2, 3]))
    const decoded = msgpack.decode(message)
    message.fill(0)
    expect(decoded).toEqual(new Uint8Array([1, 2, 3]))
  })

  test('a format works on after a value beyond its kept buffer, and after a refusal', () => {
    expect((msgpack.decode(msgpack.encode('x'.repeat(3_000_000))) as string).length).toBe(3_000_000)
    expect(() => msgpack.encode(new Map() as unknown as Value)).toThrow()
    expect(msgpack.decode(msgpack.encode({ a: 1 }))).toEqual({ a: 1 })
  })
})
