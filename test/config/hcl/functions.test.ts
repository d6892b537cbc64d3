// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type HclValue, standardFunctions } from '../../../src/config/hcl/index.js'
import { evaluated, fault, value } from './support.js'

const scope = { variables: { env: { HOME: '/home/me', EMPTY: '' } } }

const examples: Record<string, [text: string, expected: HclValue][]> = {
  upper: [['upper("aé")', 'AÉ']],
  lower: [['lower("AÉ")', 'aé']],
  title: [['title("hello big world")', 'Hello Big World']],
  trim: [
    ['trim("?!hello?!", "!?")', 'hello'],
    ['trim("xx", "x")', ''],
  ],
  trimspace: [['trimspace(" a b\\n\\n")', 'a b']],
  trimprefix: [
    ['trimprefix("helloworld", "hello")', 'world'],
    ['trimprefix("a", "b")', 'a'],
  ],
  trimsuffix: [
    ['trimsuffix("helloworld", "world")', 'hello'],
    ['trimsuffix("a", "")', 'a'],
  ],
  join: [
    ['join("-", ["a", 1, true])', 'a-1-true'],
    ['join(", ", [])', ''],
    ['join("", ["a"], ["b"])', 'ab'],
  ],
  split: [
    ['split(",", "a,b,,c")', ['a', 'b', '', 'c']],
    ['split(",", "")', ['']],
    ['split("", "a😀")', ['a', '😀']],
  ],
  replace: [
    ['replace("1 + 2 + 3", "+", "-")', '1 - 2 - 3'],
    ['replace("a.b", ".", "$1$&")', 'a$1$&b'],
    ['replace("hello world", "/w(.*)d/", "$1$$")', 'hello orl$'],
    ['replace("ab", "/(?P<x>b)/", "[${"$"}{x}]")', 'a[b]'],
  ],
  format: [
    ['format("%s is %d, %t", "x", 3, true)', 'x is 3, true'],
    [
      'format("%5s|%-5s|%05d|%+d|%.2f|%x|%q|%%", "a", "b", 42, 7, 3.14159, 255, "q")',
      '    a|b    |00042|+7|3.14|ff|"q"|%',
    ],
    ['format("%v %v %v", [1, "a"], {b = null}, "s")', '[1,"a"] {"b":null} s'],
    ['format("%[2]s %[1]s", "a", "b")', 'b a'],
    ['format("%05d", -42)', '-0042'],
    ['format("%e %g", 1234.5, 0.1)', '1.234500e+03 0.1'],
  ],
  formatlist: [
    ['formatlist("%s-%s", ["a", "b"], "x")', ['a-x', 'b-x']],
    ['formatlist("%s", "x")', ['x']],
    ['formatlist("%s", [])', []],
  ],
  regex: [
    ['regex("[a-z]+", "53453453.345345aaabbbccc23454")', 'aaabbbccc'],
    ['regex("(\\\\d+)-(\\\\d+)", "2019-02")', ['2019', '02']],
    ['regex("(?P<y>\\\\d+)-(?<m>\\\\d+)", "2019-02")', { y: '2019', m: '02' }],
  ],
  startswith: [
    ['startswith("hello", "he")', true],
    ['startswith("hello", "x")', false],
  ],
  endswith: [['endswith("hello", "lo")', true]],
  substr: [
    ['substr("hello world", 1, 4)', 'ello'],
    ['substr("hello", -3, -1)', 'llo'],
    ['substr("a😀b", 1, 1)', '😀'],
  ],
  tostring: [
    ['tostring(1)', '1'],
    ['tostring(true)', 'true'],
    ['tostring(null)', null],
  ],
  coalesce: [
    ['coalesce(null, "", "b")', 'b'],
    ['coalesce(0, 1)', 0],
  ],
  concat: [['concat([1], [], [[2]])', [1, [2]]]],
  contains: [
    ['contains(["a", "b"], "a")', true],
    ['contains([1], "1")', false],
    ['contains([{a = 1}], {a = 1})', true],
  ],
  distinct: [['distinct(["a", "b", "a", [1], [1]])', ['a', 'b', [1]]]],
  element: [
    ['element(["a", "b", "c"], 4)', 'b'],
    ['element(["a", "b"], -1)', 'b'],
  ],
  flatten: [['flatten([["a", []], [["b"], "c"]])', ['a', 'b', 'c']]],
  index: [['index(["a", "b"], "b")', 1]],
  keys: [['keys({b = 1, a = 2})', ['a', 'b']]],
  length: [
    ['length([1, 2])', 2],
    ['length({a = 1})', 1],
    ['length("a😀")', 2],
  ],
  lookup: [
    ['lookup({a = 1}, "a", 2)', 1],
    ['lookup({a = 1}, "b", 2)', 2],
    ['lookup({}, "constructor", "none")', 'none'],
  ],
  merge: [
    ['merge({a = 1, b = 2}, {b = 3}, {})', { a: 1, b: 3 }],
    ['merge()', {}],
  ],
  range: [
    ['range(3)', [0, 1, 2]],
    ['range(1, 4)', [1, 2, 3]],
    ['range(4, 1)', [4, 3, 2]],
    ['range(1, 8, 3)', [1, 4, 7]],
    ['range(1, 5, -1)', []],
  ],
  reverse: [['reverse([1, 2, 3])', [3, 2, 1]]],
  slice: [
    ['slice(["a", "b", "c", "d"], 1, 3)', ['b', 'c']],
    ['slice([], 0, 0)', []],
  ],
  sort: [['sort(["e", "d", "a", "x"])', ['a', 'd', 'e', 'x']]],
  values: [['values({b = 1, a = 2})', [2, 1]]],
  zipmap: [['zipmap(["a", "b"], [1, 2])', { a: 1, b: 2 }]],
  min: [
    ['min(12, 54, 3)', 3],
    ['min([4, 2]...)', 2],
  ],
  max: [['max(12, "54", 3)', 54]],
  abs: [['abs(-3)', 3]],
  ceil: [
    ['ceil(5.1)', 6],
    ['ceil(-0.5)', 0],
  ],
  floor: [['floor(4.9)', 4]],
  tonumber: [
    ['tonumber("1.5")', 1.5],
    ['tonumber(null)', null],
  ],
  jsonencode: [
    ['jsonencode({b = [1, null, true], a = "x"})', '{"a":"x","b":[1,null,true]}'],
    ['jsonencode("a")', '"a"'],
  ],
  jsondecode: [['jsondecode("{\\"a\\": [1, null]}")', { a: [1, null] }]],
  base64encode: [['base64encode("héllo")', 'aMOpbGxv']],
  base64decode: [['base64decode("aMOpbGxv")', 'héllo']],
  tobool: [
    ['tobool("true")', true],
    ['tobool(false)', false],
  ],
  tolist: [['tolist([1, 2])', [1, 2]]],
  toset: [['toset(["a", "b", "a"])', ['a', 'b']]],
  tomap: [['tomap({a = 1})', { a: 1 }]],
  try: [
    ['try(1 / 0, nope(), "x")', 'x'],
    ['try(1, 2)', 1],
  ],
  can: [
    ['can(1)', true],
    ['can({}.a)', false],
  ],
  env: [
    ['env("HOME")', '/home/me'],
    ['env("NOPE", "x")', 'x'],
    ['env("EMPTY", "x")', ''],
    ['env("NOPE", null)', null],
  ],
}

describe('examples', () => {
  test.each(Object.values(examples).flat())('%s', (text, expected) => {
    expect(value(text, scope)).toStrictEqual(expected)
  })

  test('there is one for every function', () => {
    expect([...Object.keys(examples), 'file'].sort()).toEqual([...standardFunctions.keys()].sort())
  })

  test('the signature names the function', () => {
    for (const [name, { signature }] of standardFunctions) expect(signature.startsWith(`${name}(`)).toBe(true)
  })
})

test.each([
  ['index(["a"], "b")', 'index: the list does not contain this element'],
  ['element([], 0)', 'element: the list is empty'],
  ['slice([1], 0, 2)', 'slice: out of range'],
  ['range(1, 2, 0)', 'range: the step is zero'],
  ['coalesce(null, "")', 'coalesce: every argument is null or an empty string'],
  ['lookup({}, "a")', 'lookup: unknown key, and no default'],
  ['lookup({}, "__proto__")', 'lookup: unknown key, and no default'],
  ['zipmap(["a"], [])', 'zipmap: the number of values differs from the number of keys'],
  ['sort([[]])', 'sort: only strings can be sorted'],
  ['length(5)', 'length: this value has no length'],
  ['tonumber("x")', 'tonumber: cannot convert this to a number'],
  ['tobool("yes")', 'tobool: cannot convert this to a boolean'],
  ['jsondecode("{")', 'jsondecode: invalid JSON'],
  ['base64decode("*")', 'base64decode: invalid Base64'],
  ['base64decode("/w==")', 'base64decode: the decoded bytes are not UTF-8 text'],
  ['regex("(", "a")', 'regex: invalid regular expression'],
  ['regex("b", "a")', 'regex: the pattern does not match'],
  ['regex("(?=a)", "a")', 'regex: the pattern could take very long to match'],
  [
    `regex("a*a*a*b", "${'a'.repeat(1000)}")`,
    'regex: the pattern could take very long to match a text of 1000 characters',
  ],
  ['format("%d", "x")', 'format: %d does not fit'],
  ['format("%s")', 'format: missing value for %s'],
  ['format("x", 1)', 'format: more values than verbs'],
  ['format("%y", 1)', 'format: unknown verb %y'],
  ['format("5%", 1)', 'format: a % without a verb; write %% for a percent sign'],
  ['formatlist("%s%s", [1], [1, 2])', 'formatlist: the lists have different lengths'],
  ['substr("x", 0.5, 1)', 'substr: wrong type of argument'],
  ['upper(null)', 'upper: wrong type of argument'],
  ['merge({}, null)', 'merge: wrong type of argument'],
])('%s is a fault', (text, message) => {
  expect(fault(text, scope).message).toBe(message)
})

test('a fault of an expanded argument is at the argument', () => {
  expect(fault('merge({}, [{}, 5]...)')).toMatchObject({
    column: 11,
    expected: 'an object',
    found: 'the number 5',
  })
})

describe('file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hcl-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'text.txt'), 'héllo\n')
  writeFileSync(join(folder, 'bytes'), Buffer.from([0xff, 0xfe]))
  mkdirSync(join(folder, 'sub'))
  const read = (text: string) => evaluated(text, {}, join(folder, 'sub', 'gateway.hcl'))

  test('is relative to the file it is written in', () => {
    expect(read('file("../text.txt")').result).toBe('héllo\n')
  })

  test.each([
    ['file("text.txt")', 'file: the file does not exist'],
    ['file("../sub")', 'file: expected a file, found a folder'],
    ['file("../bytes")', 'file: the file is not UTF-8 text'],
  ])('%s is a fault', (text, message) => {
    expect(read(text).diagnostics.items.map((item) => item.message)).toEqual([message])
  })
})
