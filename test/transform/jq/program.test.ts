import { describe, expect, test } from 'vitest'
import { JqLimitError, JqSyntaxError, NotCompiled } from '../../../src/transform/jq/errors.js'
import { JqProgram } from '../../../src/transform/jq/program.js'
import type { Json } from '../../../src/transform/jq/values/json.js'

const SMALL = { steps: 20_000, output: 10_000 }

function run(query: string, input: Json = null): Json[] {
  return new JqProgram(query, {
    now: () => 1_425_599_507_250,
    limits: SMALL,
    env: { HOME: '/home/app' },
  }).run(input)
}

describe('a query without end or measure', () => {
  test.each([
    ['[repeat(.)]', 'steps'],
    ['[range(1e12)]', 'steps'],
    ['def f: f; f', 'depth'],
    ['[limit(1e9; repeat(1))] | length', 'steps'],
    ['last(range(1e9))', 'steps'],
    ['until(false; . + 1)', 'steps'],
    ['[while(true; .)]', 'steps'],
    ['reduce range(60) as $i ("ab"; . + .)', 'steps'],
    ['reduce range(60) as $i ([1]; . + .)', 'steps'],
    ['"x" * 1e8', 'steps'],
    ['[range(3000)] | [.[] as $a | .[] as $b | $a * $b] | add', 'steps'],
    ['def f: [f]; f', 'depth'],
    ['"x" * 20000', 'output'],
    ['range(5000)', 'output'],
  ])('%s ends with the limit that it exceeds', (query, limit) => {
    const error = catching(() => new JqProgram(query, { now: Date.now, limits: limitsFor(limit) }).run(null))
    expect(error).toBeInstanceOf(JqLimitError)
    expect(error).toMatchObject({ limit })
  })

  test('is not saved by try', () => {
    expect(() => run('try repeat(.) catch "saved"')).toThrow(JqLimitError)
    expect(() => run('[.[]?, repeat(.)?]')).toThrow(JqLimitError)
  })

  test('leaves the program as it was', () => {
    const program = new JqProgram('if . then repeat(.) else 1 end', { now: Date.now, limits: SMALL })
    expect(() => program.run(true)).toThrow(JqLimitError)
    expect(program.run(false)).toEqual([1])
  })
})

function limitsFor(limit: string) {
  return limit === 'depth' ? { steps: 10_000_000 } : SMALL
}

function catching(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}

describe('keys of every object', () => {
  test('are not in an object that does not have them', () => {
    expect(run('.toString, .constructor, .__proto__, has("toString"), (to_entries | length)', {})).toEqual([
      null,
      null,
      null,
      false,
      0,
    ])
  })

  test('can be set, and change no prototype', () => {
    const [made] = run('.["__proto__"] = {"polluted": true} | .toString = 1', {}) as [object]
    expect(Object.keys(made)).toEqual(['__proto__', 'toString'])
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
    expect(run('{"__proto__": 1} | keys')).toEqual([['__proto__']])
  })
})

test('the input is not changed', () => {
  const input = { a: [1, { b: 2 }], c: 'x' }
  const before = structuredClone(input)
  run('.a[1].b = 5 | .a |= map(.) | del(.c) | .d = .a', input)
  expect(input).toEqual(before)
})

test('assignments to many paths share one copy, and nothing with what they read', () => {
  expect(run('[range(5)] | .[] |= . * 2')).toEqual([[0, 2, 4, 6, 8]])
  expect(run('(.a, .a.x) |= {x: .}', { a: {} })).toEqual([{ a: { x: { x: {} } } }])
  expect(run('.a = [1] | (.b, .b[0]) = .a', {})).toEqual([{ a: [1], b: [[1]] }])
})

test('the environment and the time are what the program is given', () => {
  expect(run('env.HOME, $ENV.HOME, $ENV.PATH, now')).toEqual([
    '/home/app',
    '/home/app',
    null,
    1_425_599_507.25,
  ])
})

test.each([
  ['.a |', 'the end, expected a filter', 4],
  ['.a = 1 = 2', 'expected parentheses', 7],
  ['"\\x"', 'invalid escape', 1],
  ['nosuch(1)', 'nosuch/1 is not defined', 0],
  ['. as $x | $y', '$y is not defined', 10],
  ['break $out', 'no label $out', 0],
  ['@nosuch', '@nosuch is not a format', 0],
  ['halt', 'not available here', 0],
  ['{(1): 2}', 'Cannot use number (1) as object key', 1],
])('%s is refused at its place', (query, message, offset) => {
  const error = catching(() => new JqProgram(query, { now: Date.now })) as JqSyntaxError
  expect(error).toBeInstanceOf(JqSyntaxError)
  expect(error.message).toContain(message)
  expect(error.offset).toBe(offset)
})

test('a query that is nested too deeply is refused', () => {
  expect(() => run('['.repeat(100_000))).toThrow(JqSyntaxError)
  expect(() => run(`${'('.repeat(500)}1${')'.repeat(500)}`)).toThrow(JqSyntaxError)
})

test.each([
  ['1 + 1 + …', `1${' + 1'.repeat(20_000)}`],
  ['., ., …', `.${', .'.repeat(20_000)}`],
  ['.a.a…', '.a'.repeat(20_000)],
  ['elif', `if . then 1 ${'elif . then 1 '.repeat(20_000)}end`],
])('a chain that is too long is refused, not found by the stack: %s', (_, query) => {
  const error = catching(() => new JqProgram(query, { now: Date.now })) as JqSyntaxError
  expect(error).toBeInstanceOf(JqSyntaxError)
  expect(error.message).toContain('more than 2000 filters or operators within each other')
})

test('a long chain is compiled and run', () => {
  expect(run(`1${' + 1'.repeat(1_900)}`)).toEqual([1_901])
})

test.each(['lgamma', 'import "a" as a; .', 'test("a(?>b)")', 'test("[a&&b]")'])(
  '%s is not compiled, and the reason says what it uses',
  (query) => {
    const error = catching(() => new JqProgram(query, { now: Date.now })) as NotCompiled
    expect(error).toBeInstanceOf(NotCompiled)
    expect(error.message).toMatch(/^uses /)
  },
)
