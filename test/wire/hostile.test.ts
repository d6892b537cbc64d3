import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SerializeError } from '../../src/core/errors/operation.js'
import type { Value } from '../../src/core/value.js'
import { type WireFormat, wireFormat } from '../../src/wire/wire-format.js'
import { rounds } from '../support/rounds.js'
import { jsonValues, valuesWithBytes } from './arbitrary.js'

const json = wireFormat('json')
const msgpack = wireFormat('msgpack')

/** The value, or the one kind of error that may come instead. */
function outcome(format: WireFormat, bytes: Uint8Array): Value | SerializeError {
  try {
    return format.decode(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(SerializeError)
    return error as SerializeError
  }
}

function faultOf(format: WireFormat, bytes: Uint8Array): string {
  const error = outcome(format, bytes)
  expect(error).toBeInstanceOf(SerializeError)
  return (error as SerializeError).reason
}

describe.each([json, msgpack])('$name', (format) => {
  const values = format === json ? jsonValues : valuesWithBytes

  test('random bytes give a value or a SerializeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const found = outcome(format, bytes)
        if (found instanceof SerializeError) expect(found.message).not.toBe('')
        else expect(found).not.toBeUndefined()
      }),
      { numRuns: rounds(300, 3000) },
    )
  })

  test('any value at all is written so that it can be read, or refused', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    })
    fc.assert(
      fc.property(anything, (value) => {
        let bytes: Uint8Array
        try {
          bytes = format.encode(value as Value)
        } catch (error) {
          expect(error).toBeInstanceOf(SerializeError)
          return
        }
        expect(format.decode(bytes)).not.toBeUndefined()
      }),
      { numRuns: rounds(200, 2000) },
    )
  })

  test('a value that throws when it is read is refused', () => {
    const value = {
      get a(): Value {
        throw new Error('no')
      },
    }
    expect(() => format.encode(value)).toThrow(SerializeError)
  })

  test('a message with one byte changed, or cut short, does no harm', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = Uint8Array.from(format.encode(value))
        bytes[at % bytes.length] = byte
        expect(outcome(format, bytes)).not.toBeUndefined()
        expect(outcome(format, bytes.subarray(0, at % bytes.length))).not.toBeUndefined()
      }),
      { numRuns: rounds(100, 1000) },
    )
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('nothing at all, and a value with something behind it, are faults', () => {
    expect(faultOf(format, new Uint8Array(0))).not.toBe('')
    expect(faultOf(format, Buffer.concat([format.encode(1), format.encode({})]))).not.toBe('')
  })

  test('a message beyond the limit is refused unread', () => {
    const small = wireFormat(format.name, { maxBytes: 10 })
    expect(faultOf(small, Buffer.alloc(11, 0xc1))).toContain('11 bytes are more than the limit of 10 bytes')
  })
})

describe('json', () => {
  test('__proto__ becomes a member of its own', () => {
    const decoded = json.decode(
      Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    )
    expect(Object.keys(decoded as object)).toEqual(['__proto__', 'constructor'])
    expect((decoded as Record<string, unknown>).polluted).toBeUndefined()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(json.decode(json.encode(decoded))).toEqual(decoded)
  })

  test.each([
    ['brackets', '['.repeat(129) + ']'.repeat(129)],
    ['braces', `${'{"a":'.repeat(129)}1${'}'.repeat(129)}`],
    ['a million levels', '['.repeat(1e6) + ']'.repeat(1e6)],
    ['levels after a string of closings', `["${']'.repeat(300)}\\"]",${'['.repeat(128)}${']'.repeat(129)}`],
  ])('too deep: %s', (_, text) => {
    expect(faultOf(json, Buffer.from(text))).toBe('json: the text is nested deeper than 128 levels')
  })

  test.each([
    ['128 levels', '['.repeat(128) + ']'.repeat(128)],
    ['many arrays beside each other', `[${'[],'.repeat(500)}[]]`],
    ['brackets in strings', JSON.stringify(['['.repeat(500), '\\"[[{', '"'.repeat(200)])],
  ])('not too deep: %s', (_, text) => {
    expect(json.decode(Buffer.from(text))).toEqual(JSON.parse(text))
  })

  test('unclosed brackets are a fault, short or long', () => {
    for (const count of [1, 100, 200, 100_000])
      expect(faultOf(json, Buffer.from('['.repeat(count)))).not.toBe('')
  })

  test('the fault never quotes the payload', () => {
    for (const text of [
      'hunter2',
      '{"password":"hunter2",}',
      '{"password":hunter2}',
      '"hunter2',
      '{"a":"hunter2"} x',
    ])
      expect(faultOf(json, Buffer.from(text))).not.toContain('hunter2')
  })

  test('text that is not UTF-8 is refused, not replaced', () => {
    expect(faultOf(json, Buffer.from([0x22, 0xff, 0x22]))).toBe('json: the text is not UTF-8')
    expect(faultOf(json, Buffer.from([0x22, 0xc3, 0x22]))).toBe('json: the text is not UTF-8')
  })
})

describe('msgpack', () => {
  test('a member __proto__ is refused', () => {
    expect(faultOf(msgpack, Buffer.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]))).toContain(
      '__proto__',
    )
  })

  test.each([
    ['an array of 4 billion', 'ddffffffff'],
    ['a map of 4 billion', 'dfffffffff'],
    ['a string of 4 GB', 'dbffffffff'],
    ['a binary of 4 GB', 'c6ffffffff'],
    ['an extension of 4 GB', 'c9ffffffffff'],
    ['arrays within arrays that announce more than there is', 'dd0000ffff'.repeat(100)],
    ['a fixed array with nothing in it', '9f'],
    ['a fixed map with nothing in it', '8f'],
    ['a fixed string with nothing in it', 'bf'],
    ['half a number', 'cf0000'],
    ['the byte that is never used', 'c1'],
    ['an unknown extension', 'd40100'],
    ['a timestamp of one byte', 'd4ff00'],
    ['a timestamp beyond dates', 'c70cff000000007fffffffffffffff'],
    ['a map with an array as a key', '819001'],
    ['a map with nil as a key', '81c001'],
  ])('%s is refused', (_, hex) => {
    expect(faultOf(msgpack, Buffer.from(hex, 'hex'))).toMatch(/^msgpack: /)
  })

  test('arrays that announce the rest of the message each do not make the decoder allocate it', () => {
    const before = process.memoryUsage().rss
    const level = Buffer.from('dd00f00000', 'hex')
    const message = Buffer.concat([
      ...Array.from({ length: 100 }, () => level),
      Buffer.alloc(15_800_000, 0xc0),
    ])
    expect(faultOf(msgpack, message)).toContain('ends too early')
    expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000)
  })

  test('too deep is refused, at the limit it is not', () => {
    expect(faultOf(msgpack, Buffer.concat([Buffer.alloc(129, 0x91), Buffer.from([1])]))).toContain(
      'nested deeper than 128 levels',
    )
    expect(faultOf(msgpack, Buffer.alloc(1_000_000, 0x91))).toContain('nested deeper than 128 levels')
    expect(msgpack.decode(Buffer.concat([Buffer.alloc(128, 0x91), Buffer.from([1])]))).toBeInstanceOf(Array)
  })

  test.each([
    ['a byte that never begins a character', 'a2fffe'],
    ['half a character', 'a1c3'],
    ['a longer encoding than needed', 'a2c0af'],
    ['half a surrogate pair', 'a3eda080'],
    ['in a key', '81a1ff01'],
    ['at the end of a long text', `d9${(100).toString(16)}${'61'.repeat(99)}c3`],
    ['in a long text', `d9${(100).toString(16)}${'61'.repeat(50)}ff${'61'.repeat(49)}`],
  ])('text that is not UTF-8 is refused: %s', (_, hex) => {
    expect(faultOf(msgpack, Buffer.from(hex, 'hex'))).toMatch(
      /^msgpack: text that is not UTF-8 \(at byte \d+/,
    )
  })

  test('text of every length and alphabet is UTF-8', () => {
    for (const text of [
      '',
      'é',
      '\u0000',
      '\ufffd',
      '😀'.repeat(40),
      `${'a'.repeat(63)}é`,
      `${'a'.repeat(64)}é`,
    ])
      expect(msgpack.decode(msgpack.encode({ [text]: text }))).toEqual({ [text]: text })
  })
})

describe('a payload that is another format', () => {
  test.each(['{"a":1}', ' [1, 2]\n', '"text"', '42', '-1.5', 'true', 'null', `[${'1,'.repeat(50_000)}1]`])(
    'JSON is told from MessagePack: %#',
    (text) => {
      expect(faultOf(msgpack, Buffer.from(text))).toBe(
        'msgpack: the payload looks like JSON: set format = "json"',
      )
    },
  )

  test('a single digit is refused, and says what it may be', () => {
    for (let digit = 0; digit < 10; digit++) {
      const fault = faultOf(msgpack, Buffer.from(String(digit)))
      expect(fault).toContain(`looks like JSON (the text ${digit}): set format = "json"`)
      expect(fault).toContain(`If the number ${48 + digit} is meant, send it as uint8 (0xcc 0x3${digit})`)
    }
  })

  test('the numbers that digits stand for are written so that they can be read', () => {
    for (let number = -200; number < 300; number++)
      expect(msgpack.decode(msgpack.encode(number))).toBe(number)
    expect([...msgpack.encode(55)]).toEqual([0xcc, 55])
    expect([...msgpack.encode([55])]).toEqual([0x91, 55])
    expect(msgpack.decode(Uint8Array.of(0xcc, 55))).toBe(55)
  })

  test.each(['on', '{not json', '21.5 °C', 'true story\n'])('plain text is told too: %s', (text) => {
    expect(faultOf(msgpack, Buffer.from(text))).toBe(
      'msgpack: the payload looks like plain text: set format = "binary"',
    )
  })

  test('other bytes say where the fault is', () => {
    expect(faultOf(msgpack, Uint8Array.of(1, 2, 0xff))).toMatch(/2 bytes follow the value/)
    expect(faultOf(msgpack, Uint8Array.of(1, 0))).toMatch(/1 bytes follow the value/)
  })
})
