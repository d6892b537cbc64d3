import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SerializeError } from '../../src/core/errors/operation.js'
import { prepareValue } from '../../src/core/prepare-value.js'

class Secret {
  readonly name: string
  readonly password = 'hunter2'
  constructor(name: string) {
    this.name = name
  }
  toJSON() {
    return { name: this.name }
  }
}

class Point {
  readonly x: unknown
  readonly #y = 2
  constructor(x: unknown) {
    this.x = x
  }
  get y() {
    return this.#y
  }
}

/** What arrives at the other thread. */
const crossed = (value: unknown): unknown => structuredClone(prepareValue(value))

const refusalOf = (value: unknown): string => {
  try {
    prepareValue(value)
  } catch (error) {
    expect(error).toBeInstanceOf(SerializeError)
    return (error as Error).message
  }
  return 'nothing was refused'
}

/** Values with what `JSON.stringify` treats in a way of its own. */
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.date({ noInvalidDate: true }),
      fc.webUrl().map((url) => new URL(url)),
      fc.string().map((name) => new Secret(name)),
      fc.string().map((text) => new String(text)),
      fc.integer().map((number) => new Number(number)),
      fc.boolean().map((flag) => new Boolean(flag)),
    ),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 }),
    tie('tree').map((inner) => ({ toJSON: (key: string) => [key, inner] })),
    tie('tree').map((inner) => new Point(inner)),
    // JSON.stringify writes a date that toJSON returns as {}; here it stays a date.
    tie('tree').map((found) => {
      const inner = found instanceof Date ? null : found
      const holder = { hidden: 1 }
      Object.defineProperty(holder, 'toJSON', { value: () => inner, enumerable: false })
      return holder
    }),
  ),
}))

test('a value means what JSON.stringify makes of it', () => {
  fc.assert(
    fc.property(tree, (value) => {
      expect(JSON.stringify(crossed(value))).toBe(JSON.stringify(value))
    }),
    { numRuns: 2_000 },
  )
})

test('a value that needs nothing is returned as it is', () => {
  const bytes = Buffer.from('abc')
  const at = new Date(0)
  const value = { id: 1, list: [1, 'a', null, undefined, { at }], bytes, nan: Number.NaN, none: undefined }
  expect(prepareValue(value)).toBe(value)
  for (const leaf of [1, 'a', true, null, undefined, 7n, bytes, at, new Uint8Array(3), Object.create(null)])
    expect(prepareValue(leaf)).toBe(leaf)
})

describe('what toJSON says', () => {
  test('is sent, at any depth, and nothing beside it', () => {
    expect(crossed({ users: [new Secret('ada')] })).toEqual({ users: [{ name: 'ada' }] })
    expect(crossed(new URL('http://a.b/c'))).toBe('http://a.b/c')
    expect(crossed({ url: new URL('http://a.b/c') })).toEqual({ url: 'http://a.b/c' })
  })

  test('is asked of arrays and dates of other classes too', () => {
    class Day extends Date {
      override toJSON() {
        return 'a day'
      }
    }
    class List extends Array<number> {
      toJSON() {
        return 'a list'
      }
    }
    expect(crossed([new Day(0), List.from([1])])).toEqual(['a day', 'a list'])
  })

  test('is refused by its path where it throws or is no value', () => {
    const broken = {
      toJSON() {
        throw new Error('hunter2')
      },
    }
    expect(refusalOf({ a: [broken] })).toBe('cannot carry $.a[0]: its toJSON() threw an error')
    expect(refusalOf({ a: { toJSON: () => () => 1 } })).toBe('cannot carry $.a: a function')
  })
})

test.each([
  [{ a: new Map() }, '$.a: a Map (send an object or an array of pairs)'],
  [{ 'not a name': [new Set()] }, '$["not a name"][0]: a Set (send an array)'],
  [{ a: () => 1 }, '$.a: a function'],
  [[Symbol('x')], '$[0]: a symbol'],
  [() => 1, '$: a function'],
  [{ a: Promise.resolve(1) }, '$.a: a Promise (await it first)'],
  [{ a: new Error('x') }, '$.a: an Error (send its message)'],
  [{ a: /x/ }, '$.a: a RegExp (send its source)'],
  [{ a: new ArrayBuffer(1) }, '$.a: an ArrayBuffer (send a Uint8Array)'],
  [{ a: new Float32Array(1) }, '$.a: a view of an ArrayBuffer (send a Uint8Array)'],
  [new Point(new Map()), '$.x: a Map (send an object or an array of pairs)'],
  [
    {
      get a() {
        throw new Error('hunter2')
      },
      b: () => 1,
    },
    '$.a: it cannot be read',
  ],
])('%# what would lose what it holds is refused by its path', (value, message) => {
  expect(refusalOf(value)).toBe(`cannot carry ${message}`)
})

describe('graphs', () => {
  test('a cycle is refused by its path, also one through toJSON', () => {
    const cycle: Record<string, unknown> = { a: { b: [] } }
    ;(cycle.a as { b: unknown[] }).b.push(cycle)
    expect(refusalOf(cycle)).toBe('cannot carry $.a.b[0]: a cycle, it refers back to $')
    const endless = {
      toJSON() {
        return { left: endless, right: endless }
      },
    }
    expect(refusalOf(endless)).toBe('cannot carry $.left: a cycle, it refers back to $')
  })

  test('what is nested deeper than the formats carry is refused', () => {
    const nested = (levels: number) => {
      let value: unknown = 1
      for (let n = 0; n < levels; n++) value = [value]
      return value
    }
    const deepest = nested(128)
    expect(prepareValue(deepest)).toBe(deepest)
    expect(refusalOf(nested(129))).toMatch(/nested deeper than 128 levels$/)
    expect(refusalOf(nested(100_000))).toMatch(/nested deeper than 128 levels$/)
  })

  test('a huge sparse array is refused without a look at its items', () => {
    expect(refusalOf({ a: new Array(4_000_000_000) })).toMatch(
      /^cannot carry \$\.a: .* more than 10000000 parts$/,
    )
  })

  test('a small graph that unfolds into a huge tree is walked once', () => {
    let value: unknown = new Point(1)
    for (let n = 0; n < 100; n++) value = [value, value]
    const copy = prepareValue(value) as unknown[]
    expect(copy[0]).toBe(copy[1])
  })
})

test('a member called __proto__ stays a member', () => {
  const value = JSON.parse('{"__proto__":{"a":1}}') as object
  const copy = prepareValue({ value, point: new Point(1) }) as { value: object }
  expect(Object.getPrototypeOf(copy.value)).toBe(Object.prototype)
  expect(JSON.stringify(copy)).toBe('{"value":{"__proto__":{"a":1}},"point":{"x":1}}')
})

test('bigints stay where they have no toJSON of their own', () => {
  expect(prepareValue({ a: 2n ** 60n })).toEqual({ a: 2n ** 60n })
  const prototype = BigInt.prototype as { toJSON?: () => string }
  prototype.toJSON = function (this: bigint) {
    return this.toString()
  }
  try {
    expect(prepareValue({ a: 2n ** 60n })).toEqual({ a: '1152921504606846976' })
  } finally {
    delete prototype.toJSON
  }
})

test('the path in an error stays short', () => {
  let deep: unknown = 1
  for (let i = 0; i < 10_000; i++) deep = { 'a-long-name-of-a-member': deep }
  const refused = () => prepareValue(deep)
  expect(refused).toThrow('nested deeper than 128 levels')
  expect(refused).toThrow(/^.{1,600}$/)
})
