// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { describe, expect, test } from 'vitest'
import { type Scope, SensitivePaths } from '../../../src/config/hcl/index.js'
import { evaluated, fault, summaries, value } from './support.js'

const scope: Scope = {
  variables: { var: { on: true, off: false, list: ['a', 'b'], map: { a: 1 }, secret: 'hunter2' } },
  deferred: ['trigger'],
  sensitive: new SensitivePaths(['var.secret']),
}

describe('the results of a conditional have one type', () => {
  test.each([
    ['"Number and bool types both unify with string by preferring string"', 'true ? 1 : "x"', '1'],
    ['in the other order', 'false ? "x" : true', 'true'],
    ['a result that has the type already stays', 'true ? "x" : 1', 'x'],
    ['two of the same type stay', 'false ? 1 : 2', 2],
    ['"All null values are safely convertable to a null value of any other type"', 'true ? null : 1', null],
    ['beside null a value stays', 'false ? null : 1', 1],
    [
      'tuples of the same length, by their elements',
      'true ? [1, true, null] : ["a", false, 2]',
      ['1', true, null],
    ],
    ['tuples of different lengths become a list', 'true ? [1] : ["a", 2]', ['1']],
    ['an empty list beside any', 'true ? [] : [1, 2]', []],
    [
      'objects with the same attributes',
      'true ? {a = 1, b = true} : {a = "x", b = false}',
      { a: '1', b: true },
    ],
    ['objects with other attributes become a map', 'true ? {a = 1} : {b = "x", c = true}', { a: '1' }],
    ['an empty object beside any', 'true ? {} : {a = 1}', {}],
    ['in depth', 'true ? {a = [{b = 1}]} : {a = [{b = "x"}]}', { a: [{ b: '1' }] }],
    ['null in depth fits everything', 'true ? {a = null} : {a = {b = 1}}', { a: null }],
    ['conditionals in each other', 'var.on ? (var.off ? "x" : 1) : true', '1'],
    ['whatever the other one fails with', 'true ? 1 : 1 / 0', 1],
    ['a template of a single sequence has the type of its value', 'true ? "${1}" : "x"', '1'],
    ['a value from outside', 'var.on ? var.list : [1, 2, 3]', ['a', 'b']],
  ])('%s: %s', (_, text, expected) => {
    expect(value(text, scope)).toEqual(expected)
  })

  test.each([
    ['true ? 1 : true', 'a number and a boolean'],
    ['false ? 1 : true', 'a number and a boolean'],
    ['true ? "x" : ["x"]', 'a string and a list'],
    ['true ? {} : []', 'an object and a list'],
    ['var.on ? var.map : "x"', 'an object and a string'],
    ['true ? {a = {b = 1}} : {a = {b = []}}', 'a number and a list at "b" at "a"'],
    ['true ? [1, {}] : [1, "x"]', 'an object and a string at index 1'],
    ['true ? [1] : [true, 2]', 'a list and a list whose elements differ in type'],
    ['trigger.ok ? 1 : []', 'a number and a list'],
  ])('%s is refused', (text, found) => {
    expect(fault(text, scope)).toMatchObject({
      message: 'the two results of this conditional have different types',
      found,
    })
  })

  test('the fault points at both results and shows no value', () => {
    const found = fault('var.on ? var.secret : [var.secret]', scope)
    expect([found.column, found.endColumn]).toEqual([10, 35])
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })

  test('a key called __proto__ survives the conversion', () => {
    const object = value('true ? {"__proto__" = 1} : {"__proto__" = "x"}') as Record<string, unknown>
    expect(Object.entries(object)).toEqual([['__proto__', '1']])
  })
})

describe('both operands of && and || are booleans, whichever decides', () => {
  test.each([
    ['false && 1 / 0 == 1', false],
    ['true || 1 / 0 == 1', true],
    ['false && "true"', false],
    ['false && null', false],
    ['false && trigger.x', false],
    ['trigger.x && false', false],
    ['trigger.x || true', true],
  ])('%s', (text, expected) => {
    expect(value(text, scope)).toBe(expected)
  })

  test.each([
    ['false && 5', '1:10 wrong operand for `&&`'],
    ['true || [1]', '1:9 wrong operand for `||`'],
    ['true || "yes"', '1:9 wrong operand for `||`'],
    ['false && nope', '1:10 unknown name "nope"'],
    ['true || nope()', '1:9 unknown function "nope"'],
  ])('%s', (text, summary) => {
    expect(summaries(evaluated(text, scope).diagnostics)).toEqual([summary])
  })
})

describe('names of keys', () => {
  test('"an identifier is interpreted as a literal attribute name", null, true and false as well', () => {
    expect(value('{null = 1, true = 2, false = 3}')).toEqual({ null: 1, true: 2, false: 3 })
  })

  test('a null value is refused', () => {
    expect(fault('{(null) = 1}')).toMatchObject({ message: 'null cannot be a key', expected: 'a string' })
    expect(fault('{"${null}" = 1}').message).toBe('null cannot be a key')
  })
})
