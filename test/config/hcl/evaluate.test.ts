// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { describe, expect, test } from 'vitest'
import { Diagnostics, formatDiagnostics } from '../../../src/config/hcl/diagnostics.js'
import {
  evaluate,
  isSensitive,
  parseExpression,
  references,
  type Scope,
  SensitivePaths,
} from '../../../src/config/hcl/index.js'
import { evaluated, fault, parsed, summaries, value } from './support.js'

const scope: Scope = {
  variables: {
    var: { url: 'http://x', n: 3, list: [{ id: 1 }, { id: 2 }], map: { b: 2, a: 1 }, nothing: null },
    local: {},
    env: { HOME: '/home/me', TOKEN: 'hunter2' },
  },
  keywords: ['required', 'optional', 'none'],
  sensitive: new SensitivePaths(['var.secret']),
}

describe('values', () => {
  test.each([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['7 % 4 == 3 && !(1 > 2)', true],
    ['"5" + 1', 6],
    ['"5" == 5', false],
    ['[1, {a = "b"}] == [1, {a = "b"}]', true],
    ['-0', 0],
    ['true ? "yes" : "no"', 'yes'],
    ['false && 1 / 0 == 1', false],
    ['"a${1}${true}${"b"}"', 'a1trueb'],
    ['"${[1, 2]}"', [1, 2]],
    ['"$${x} %%{y} $$$${z}"', '${x} %{y} $$${z}'],
    ['"\\u00e9\\U0001F600\\t\\"\\\\"', 'é😀\t"\\'],
    ['"%{ if true }a%{ else }b%{ endif }"', 'a'],
    ['"%{ for k, v in var.map }${k}=${v};%{ endfor }"', 'a=1;b=2;'],
    ['"%{ for x in [1, 2] ~} ${x} %{ endfor ~} ."', '1 2 .'],
    ['[for i, x in ["a", "b"] : "${i}${x}" if x != "a"]', ['1b']],
    ['{for x in ["a", "b"] : upper(x) => x}', { A: 'a', B: 'b' }],
    ['{for x in ["a", "b", "a"] : x => 1...}', { a: [1, 1], b: [1] }],
    ['[for k, v in var.map : k]', ['a', 'b']],
    ['var.list[*].id', [1, 2]],
    ['var.list.*.id[1]', 2],
    ['var.nothing[*].id', []],
    ['var.n[*]', [3]],
    ['var.list[1].id + var.list.0.id', 3],
    ['var["url"]', 'http://x'],
    ['{(var.url) = 1, n = 2, 3 = 4}', { 'http://x': 1, n: 2, 3: 4 }],
    ['env.HOME', '/home/me'],
    ['required', 'required'],
    ['"${required}"', 'required'],
    ['{ auth = optional }', { auth: 'optional' }],
    ['max([1, 5, 3]...)', 5],
    ['try(var.gone.x, var.url)', 'http://x'],
    ['can(var.gone) || can(1 / 0)', false],
  ])('%s', (text, expected) => {
    expect(value(text, scope)).toEqual(expected)
  })

  test('heredocs lose the common indentation with <<-', () => {
    const body = parsed('a = <<-E\n    x\n\n      y ${1 + 1}\n  E\nb = <<E\n  x\nE\n')
    const values = body.attributes.map((each) => evaluate(each.expression, {}, new Diagnostics()))
    expect(values).toEqual(['x\n\n  y 2\n', '  x\n'])
  })

  test('a key called __proto__ is a key like any other', () => {
    for (const text of [
      '{"__proto__" = {x = 1}}',
      '{for k in ["__proto__"] : k => {x = 1}}',
      'jsondecode("{\\"__proto__\\":{\\"x\\":1}}")',
    ]) {
      const object = value(text) as Record<string, unknown>
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
      expect(Object.hasOwn(object, '__proto__')).toBe(true)
      expect(value(`(${text})["__proto__"].x`)).toBe(1)
    }
    expect(({} as { x?: unknown }).x).toBeUndefined()
    expect(fault('var.constructor', scope).message).toBe('unknown variable "var.constructor"')
    expect(fault('constructor', scope).message).toBe('unknown name "constructor"')
  })
})

describe('faults', () => {
  const at = (text: string) => {
    const { line, column, endColumn, message } = fault(text, scope)
    return [`${line}:${column}-${endColumn}`, message]
  }

  test.each([
    ['1 + "x"', '1:5-8', 'wrong operand for `+`'],
    ['1 + [2]', '1:5-8', 'wrong operand for `+`'],
    ['!5', '1:2-3', 'wrong operand for `!`'],
    ['1 / (2 - 2)', '1:5-12', 'division by zero'],
    ['5 % 0', '1:5-6', 'division by zero'],
    ['1e308 * 10', '1:1-11', 'the result of this calculation is too large'],
    ['[1, 2][2]', '1:8-9', 'the index is out of range'],
    ['[1, 2][-1]', '1:8-10', 'the index is out of range'],
    ['[1][0.5]', '1:5-8', 'wrong type of index'],
    ['{a = 1}["b"]', '1:9-12', 'the object has no such key'],
    ['var.ulr', '1:1-8', 'unknown variable "var.ulr"'],
    ['vra.url', '1:1-4', 'unknown name "vra"'],
    ['env.HOEM', '1:1-9', 'the environment variable "HOEM" is not set'],
    ['env["HOEM"]', '1:1-12', 'the environment variable "HOEM" is not set'],
    ['env("NOPE")', '1:1-12', 'the environment variable "NOPE" is not set'],
    ['requird', '1:1-8', 'unknown name "requird"'],
    ['uper("x")', '1:1-5', 'unknown function "uper"'],
    ['upper()', '1:1-8', 'wrong number of arguments for upper'],
    ['upper("a", "b")', '1:12-15', 'wrong number of arguments for upper'],
    ['upper([])', '1:7-9', 'upper: wrong type of argument'],
    ['max(1...)', '1:5-6', 'only a list can be expanded with ...'],
    ['"a${[]}"', '1:5-7', 'cannot insert this value into a string'],
    ['"a${null}"', '1:5-9', 'cannot insert this value into a string'],
    ['1 ? 2 : 3', '1:1-2', 'the condition must be a boolean'],
    ['true ? 2 : nope', '1:12-16', 'unknown name "nope"'],
    ['true ? 2 : nope()', '1:12-16', 'unknown function "nope"'],
    ['[for x in 5 : x]', '1:11-12', 'cannot iterate over this value'],
    ['{for x in [1, 1] : x => x}', '1:20-21', 'two elements have the same key'],
    ['{(null) = 1}', '1:2-8', 'null cannot be a key'],
    ['{for x in [null] : x => 1}', '1:20-21', 'null cannot be a key'],
    ['{([]) = 1}', '1:2-6', 'wrong type of key'],
    ['{a.b = 1}', '1:2-5', 'ambiguous key: a name or an expression'],
    ['var.list.id', '1:9-12', 'a list has no attribute "id"'],
    ['var.nothing.x', '1:12-14', 'null has no attribute "x"'],
    ['var.url[0]', '1:8-11', 'a string has no elements'],
  ])('%s', (text, span, message) => {
    expect(at(text)).toEqual([span, message])
  })

  test('say what was meant', () => {
    expect(fault('var.ulr', scope).hint).toBe('did you mean "var.url"?')
    expect(fault('requird', scope).hint).toBe('did you mean "required"?')
    expect(fault('uper("x")').hint).toBe('did you mean "upper"?')
    expect(fault('env.HOEM', scope).hint).toContain('did you mean "HOME"?')
    expect(fault('join(",", "x")')).toMatchObject({
      expected: 'a list of strings',
      found: 'the string "x"',
      hint: 'the signature is join(separator, list)',
    })
  })

  test('every fault of an expression is found, and none is said twice', () => {
    const { diagnostics } = evaluated('[a, 1 + "x", upper(b), {k = c.d}, "${e} ${f}"]', scope)
    expect(summaries(diagnostics).map((line) => line.split(' ')[0])).toEqual([
      '1:2',
      '1:9',
      '1:20',
      '1:29',
      '1:38',
      '1:43',
    ])
  })

  test('an expression that could not be read says nothing more', () => {
    const diagnostics = new Diagnostics()
    const expression = parseExpression('[1, (2 + ), 3]', 'test.hcl', diagnostics)
    expect(diagnostics.items).toHaveLength(1)
    expect(evaluate(expression, {}, diagnostics)).toBeUndefined()
    expect(diagnostics.items).toHaveLength(1)
  })

  test('depth and size end in a fault', () => {
    expect(value(`1${' + 1'.repeat(20_000)}`)).toBe(20_001)
    const deep = 'jsondecode(join("", concat([for i in range(20000) : "["], [for i in range(20000) : "]"])))'
    expect(fault(`${deep} == ${deep}`).message).toContain('too deep')
    expect(fault('range(1e9)').message).toContain('more than')
    expect(fault('format("%99999999d", 1)').message).toContain('too large')
    expect(fault('regex("(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")').message).toContain('very long')
  })
})

describe('secrets', () => {
  const secret: Scope = {
    variables: {
      env: { TOKEN: 'hunter2' },
      var: { secret: 'hunter2', secrets: { a: 'hunter2' }, shown: 'visible' },
    },
    sensitive: new SensitivePaths(['env', 'var.secret', 'var.secrets']),
  }

  test.each([
    '1 + env.TOKEN',
    'env["TOKEN"] + 1',
    'var.secret * 2',
    '1 + "x${env.TOKEN}"',
    'tonumber(env("TOKEN"))',
    'jsondecode(var.secret)',
    '[for s in [var.secret] : s + 1]',
    '[for k, s in var.secrets : s + 1]',
    '"%{ for s in var.secrets }${s - 1}%{ endfor }"',
    '{for s in ["a", "a"] : var.secret => s}',
    '{}[var.secret]',
    '[1][env.TOKEN]',
    'regex(env.TOKEN, "x")',
    'file(env.TOKEN)',
    'base64decode("${env.TOKEN}!")',
    'env.TOKEN ? 1 : 2',
    'lookup({}, var.secret)',
    'formatdate(env.TOKEN)',
    'join(",", [1], var.secret)',
    'max([env.TOKEN]...)',
    'tonumber(true ? env.TOKEN : "")',
    'tonumber(try(env.TOKEN, ""))',
  ])('a value is never shown: %s', (text) => {
    const { result, diagnostics } = evaluated(text, secret)
    expect(result).toBeUndefined()
    expect(diagnostics.items.length).toBeGreaterThan(0)
    expect(formatDiagnostics(diagnostics)).not.toContain('hunter2')
  })

  test('a value that is no secret is shown, a secret by its type', () => {
    expect(fault('1 + var.shown', secret).found).toBe('the string "visible"')
    expect(fault('1 + var.secret', secret).found).toBe('a string (sensitive value)')
  })

  test('whether an expression holds a secret can be asked', () => {
    const sensitive = (text: string) =>
      isSensitive(parseExpression(text, 'test.hcl', new Diagnostics()), secret)
    expect(
      ['env.X', 'upper(var.secret)', 'var', 'file("x")', '"${var.secrets.a}"'].map(sensitive),
    ).not.toContain(false)
    expect(['var.shown', '[for var in [1] : var]', '1'].map(sensitive)).not.toContain(true)
  })
})

test('references lists every name from outside with its path', () => {
  const text = '[for x in var.a.b : "${x.y}${local["c"].d[0]}" if env.E == f(g[h.i])[*].j]'
  const uses = references(parseExpression(text, 'test.hcl', new Diagnostics()))
  expect(uses.map(({ root, path }) => [root, ...path].join('.'))).toEqual([
    'var.a.b',
    'local.c.d.0',
    'env.E',
    'g',
    'h.i',
  ])
})
