import { describe, expect, test } from 'vitest'
import { SerializeError } from '../../src/core/errors/operation.js'
import type { Value } from '../../src/core/value.js'
import { wireFormat } from '../../src/wire/wire-format.js'
import { BIGNUMS, type Case, EXTENSIONS, LARGE_NUMBERS, SUITE, TIMESTAMPS } from './msgpack-suite.js'

const { encode, decode } = wireFormat('msgpack')
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const encoded = (value: Value) => Buffer.from(encode(value)).toString('hex')

function expectDecoded({ value, encodings }: Case): void {
  for (const hex of encodings) expect(decode(bytesOf(hex)), hex.slice(0, 40)).toEqual(value)
}

describe('the MessagePack test suite', () => {
  test.each(Object.entries(SUITE))('%s: every encoding decodes, and one of them is written', (_, cases) => {
    for (const one of cases) {
      expectDecoded(one)
      expect(one.encodings).toContain(encoded(one.value))
    }
  })

  test('the shortest encoding is written', () => {
    // But for floating point, where single precision is not chosen.
    for (const { value, encodings } of Object.values(SUITE).flat())
      if (!(typeof value === 'number' && encodings[0]!.startsWith('ca')))
        expect(encoded(value)).toHaveLength(
          Math.min(...encodings.filter((hex) => !hex.startsWith('ca')).map((hex) => hex.length)),
        )
  })

  test('timestamps of every width arrive as ISO text, and dates are sent as such', () => {
    for (const one of TIMESTAMPS) expectDecoded(one)
    expect(decode(encode(new Date('2018-01-02T03:04:05.678Z') as unknown as Value))).toBe(
      '2018-01-02T03:04:05.678Z',
    )
  })

  test('integers beyond 2^53 arrive as text, at any depth, and beside them numbers stay numbers', () => {
    for (const one of BIGNUMS) {
      expectDecoded(one)
      for (const hex of one.encodings) {
        // { a: [long, 1 as int64, bytes] }
        const nested = bytesOf(`81a16193${hex}d30000000000000001c40101`)
        expect(decode(nested)).toEqual({ a: [one.value, 1, Uint8Array.of(1)] })
      }
    }
    for (const one of LARGE_NUMBERS) {
      expectDecoded(one)
      expect(decode(encode(one.value))).toBe(one.value)
    }
    expect(() => encode((2n ** 63n) as unknown as Value)).toThrow('msgpack cannot carry $: a BigInt')
  })

  test.each(EXTENSIONS)('the extension %s is refused', (hex) => {
    expect(() => decode(bytesOf(hex))).toThrow(SerializeError)
    expect(() => decode(bytesOf(hex))).toThrow('the extension type 16 is unknown')
  })

  test('the byte that no value begins with, and values cut short, are refused', () => {
    expect(() => decode(bytesOf('c1'))).toThrow(SerializeError)
    for (const { encodings } of Object.values(SUITE).flat())
      for (const hex of encodings.slice(0, 20))
        expect(() => decode(bytesOf(hex.slice(0, Math.min(hex.length, 60) - 2))), hex).toThrow(SerializeError)
  })
})
