import { describe, expect, test } from 'vitest'
import { SerializeError } from '../../src/core/errors/operation.js'
import type { Value } from '../../src/core/value.js'
import { type WireFormat, wireFormat } from '../../src/wire/wire-format.js'

const json = wireFormat('json')
const msgpack = wireFormat('msgpack')
const binary = wireFormat('binary')

function refusalOf(format: WireFormat, value: unknown): string {
  try {
    format.encode(value as Value)
  } catch (error) {
    expect(error).toBeInstanceOf(SerializeError)
    return (error as SerializeError).reason
  }
  throw new Error('it was not refused')
}

class Point {
  x = 1
}

const cyclic: { a: { b: unknown[] } } = { a: { b: [] } }
cyclic.a.b.push(cyclic.a)

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { a: value }
  return value
}

describe.each([json, msgpack])('$name refuses', (format) => {
  test.each([
    ['a Map', { items: [0, 1, 2, { at: new Map() }] }, '$.items[3].at: a Map'],
    ['a Set', [new Set([1])], '$[0]: a Set'],
    ['a function', { f: () => 1 }, '$.f: a function'],
    ['a symbol', { s: Symbol('x') }, '$.s: a symbol'],
    ['a BigInt', { n: 1n }, '$.n: a BigInt'],
    ['a Float64Array', { n: new Float64Array(2) }, '$.n: an instance of Float64Array'],
    ['an ArrayBuffer', { n: new ArrayBuffer(2) }, '$.n: an instance of ArrayBuffer'],
    ['a DataView', { n: new DataView(new ArrayBuffer(2)) }, '$.n: an instance of DataView'],
    ['a class instance', { p: new Point() }, '$.p: an instance of Point'],
    ['an error', { p: new Error('x') }, '$.p: an instance of Error'],
    ['a regular expression', { p: /x/ }, '$.p: an instance of RegExp'],
    ['a boxed number', { p: Object(1) }, '$.p: an instance of Number'],
    ['an invalid date', { d: new Date(Number.NaN) }, '$.d: an invalid Date'],
    ['a cycle', cyclic, '$.a.b[0]: a cycle, it refers back to $.a'],
    ['undefined', undefined, '$: there is no value'],
    ['a top-level function', () => 1, '$: a function'],
    ['an odd name', { 'a b': { '': 1n } }, '$["a b"][""]: a BigInt'],
    ['toJSON', { a: { toJSON: () => 1 } }, '$.a.toJSON: a function'],
    ['what is too deep', nested(129), 'nested deeper than 128 levels'],
  ])('%s', (_, value, expected) => {
    expect(refusalOf(format, value)).toContain(`${format.name} cannot carry `)
    expect(refusalOf(format, value)).toContain(expected)
  })

  test('nothing at the deepest level allowed', () => {
    const value = nested(128) as Value
    expect(format.decode(format.encode(value))).toEqual(value)
  })

  test('a value larger than the limit', () => {
    const small = wireFormat(format.name, { maxBytes: 100 })
    expect(refusalOf(small, { a: 'x'.repeat(200) })).toContain('limit of 100 bytes')
    expect(refusalOf(small, 'é'.repeat(60))).toContain('limit of 100 bytes')
    expect(small.encode('x'.repeat(90)).length).toBeLessThanOrEqual(100)
  })

  test('a small graph that unfolds into a huge tree, without unfolding it', () => {
    let value: Value = 'x'.repeat(1000)
    for (let i = 0; i < 100; i++) value = [value, value]
    expect(refusalOf(format, value)).toContain('takes more than the limit of 16777216 bytes')
  })

  test('a huge sparse array', () => {
    expect(refusalOf(format, new Array(4_000_000_000))).toContain('takes more than the limit')
  })

  test('a long name only in part', () => {
    expect(refusalOf(format, { ['k'.repeat(5000)]: 1n }).length).toBeLessThan(200)
  })
})

describe('json refuses', () => {
  test.each([
    ['NaN', { a: [Number.NaN] }, '$.a[0]: the number NaN'],
    ['Infinity', { a: -Infinity }, '$.a: the number -Infinity'],
    ['bytes', { a: new Uint8Array(2) }, '$.a: bytes'],
    ['a Buffer', Buffer.from('x'), '$: bytes'],
  ])('%s', (_, value, expected) => {
    expect(refusalOf(json, value)).toContain(expected)
  })
})

describe('msgpack refuses', () => {
  test.each([
    ['an unpaired surrogate', { a: 'x\ud800' }, '$.a: text with an unpaired surrogate'],
    ['a name with one', { '\udc00': 1 }, 'a name with an unpaired surrogate'],
    ['a member __proto__', JSON.parse('{"a":{"__proto__":1}}'), '$.a.__proto__'],
  ])('%s', (_, value, expected) => {
    expect(refusalOf(msgpack, value)).toContain(expected)
  })
})

describe('binary refuses', () => {
  test.each([
    ['text', 'hello', 'a string'],
    ['a number', 1, 'a number'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['an array', [1], 'an array'],
    ['an object', { a: 1 }, 'an object'],
  ])('%s', (_, value, found) => {
    expect(refusalOf(binary, value)).toContain(`expected bytes (a Uint8Array), found ${found}`)
  })

  test('too many bytes, in both directions', () => {
    const small = wireFormat('binary', { maxBytes: 4 })
    expect(refusalOf(small, new Uint8Array(5))).toContain('limit of 4 bytes')
    expect(() => small.decode(new Uint8Array(5))).toThrow(SerializeError)
    expect(small.decode(new Uint8Array(4))).toEqual(new Uint8Array(4))
  })
})

test('an unknown name is refused with the known ones', () => {
  expect(() => wireFormat('xml')).toThrow('unknown wire format "xml"; expected one of json, msgpack, binary')
  expect(() => wireFormat('constructor')).toThrow(SerializeError)
})
