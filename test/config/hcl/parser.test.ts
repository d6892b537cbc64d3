// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { describe, expect, test } from 'vitest'
import type { Expression } from '../../../src/config/hcl/index.js'
import { textOf } from '../../../src/config/hcl/index.js'
import { SPECIFICATION } from './specification.hcl.js'
import { errorsOf, faults, parsed } from './support.js'

/** An expression in prefix notation, to see how it was understood. */
function shape(text: string): string {
  return show(parsed(`a = ${text}`).attributes[0]!.expression)
}

function show(node: Expression): string {
  switch (node.kind) {
    case 'literal':
      return JSON.stringify(node.value)
    case 'variable':
      return node.name
    case 'binary':
      return `(${node.operator} ${show(node.left)} ${show(node.right)})`
    case 'unary':
      return `(${node.operator} ${show(node.operand)})`
    case 'conditional':
      return `(? ${show(node.condition)} ${show(node.whenTrue)} ${show(node.whenFalse)})`
    case 'parentheses':
      return show(node.expression)
    default:
      return textOf(node.span)
  }
}

describe('bodies', () => {
  test.each(Object.entries(SPECIFICATION))('reads the block %s of the specification', (_, text) => {
    expect(parsed(text).blocks.length).toBeGreaterThan(0)
  })

  test('keeps the order of arguments and blocks', () => {
    const body = parsed('a = 1\nb "x" y {\n c = 2\n}\nd {}\ne = 3\nf { g = 4 }\n')
    const names = body.items.map((item) => (item.kind === 'attribute' ? item.name : item.type))
    expect(names).toEqual(['a', 'b', 'd', 'e', 'f'])
    expect(body.blocks[0]!.labels.map((label) => label.value)).toEqual(['x', 'y'])
    expect(body.blocks[2]!.body.attributes[0]!.name).toBe('g')
  })

  test('spans cover exactly what they name', () => {
    const body = parsed('one "l" {\n  two = [1, 2] # c\n}\n')
    const block = body.blocks[0]!
    expect(textOf(block.span)).toBe('one "l" {\n  two = [1, 2] # c\n}')
    expect(textOf(block.typeSpan)).toBe('one')
    expect(textOf(block.labels[0]!.span)).toBe('"l"')
    const attribute = block.body.attributes[0]!
    expect(textOf(attribute.span)).toBe('two = [1, 2]')
    expect(textOf(attribute.expression.span)).toBe('[1, 2]')
  })
})

describe('expressions', () => {
  test.each([
    ['1 + 2 * 3 - 4', '(- (+ 1 (* 2 3)) 4)'],
    ['a || b && c == d < e + f * g', '(|| a (&& b (== c (< d (+ e (* f g))))))'],
    ['-a * !b', '(* (- a) (! b))'],
    ['1 - 2 - 3', '(- (- 1 2) 3)'],
    ['(1 - 2) - (3 - 4)', '(- (- 1 2) (- 3 4))'],
    ['a ? b : c ? d : e', '(? a b (? c d e))'],
    ['5-3', '(- 5 3)'],
    ['a-b', 'a-b'],
    ['!a.b', '(! a.b)'],
    ['(\n1\n+\n2\n)', '(+ 1 2)'],
  ])('%s is %s', (text, expected) => {
    expect(shape(text)).toBe(expected)
  })

  test('an attribute splat ends at brackets, a full splat does not', () => {
    const steps = (text: string) => {
      const node = parsed(`a = ${text}`).attributes[0]!.expression
      return node.kind === 'traversal'
        ? node.steps.map((step) => (step.kind === 'splat' ? step.each.length : step.kind))
        : []
    }
    expect(steps('x.*.b[0].c')).toEqual([1, 'index', 'attribute'])
    expect(steps('x[*].b[0].c')).toEqual([3])
  })

  test('calls take trailing commas, line ends and expansion', () => {
    const node = parsed('a = f(\n 1,\n 2...\n)').attributes[0]!.expression
    expect(node).toMatchObject({ kind: 'call', name: 'f', expand: true })
    expect(parsed('a = ns::f(1,)').attributes[0]!.expression).toMatchObject({ kind: 'call', name: 'ns::f' })
  })

  test('objects are separated by lines or commas, with = or :', () => {
    const node = parsed('a = {\n x = 1\n "y" : 2, (z) = 3\n\n 4 = 5,\n}').attributes[0]!.expression
    expect(node.kind === 'object' && node.items.map((item) => show(item.key))).toEqual([
      '"x"',
      '"y"',
      'z',
      '4',
    ])
  })
})

describe('mistakes', () => {
  test('ten of them are ten reports, each at its place', () => {
    const text = `integration "a" {
  type = 
  port = 88 83
  list = [1, , 2]
  text = "not closed
  call = join(",", [1 2])
  cond = true ? 1
  index = list[
  good = 1
  name : "x"
  'quoted' = 1
  text = "twice"
}
`
    expect(faults(text)).toEqual([
      '2:10 missing expression',
      '3:13 unexpected `83`',
      '4:14 missing expression',
      '5:10 this string is not closed',
      '6:23 unexpected `2`',
      '7:18 unexpected the end of the line',
      '9:3 unexpected `good`',
      '10:3 "name" is neither an argument nor a block',
      "11:3 the character `'` is not part of the language",
      '12:3 the argument "text" is already set on line 5',
    ])
  })

  test('expected and found are named', () => {
    expect(errorsOf('a = [1 2]\n')[0]).toMatchObject({
      file: 'test.hcl',
      line: 1,
      column: 8,
      endLine: 1,
      endColumn: 9,
      expected: '`,` or `]`',
      found: '`2`',
      source: 'a = [1 2]',
    })
  })

  const single: [text: string, expected: string][] = [
    ['a = [1, 2\nb = 3\n', '2:1'],
    ['a = f(1, 2\nb = 3\nc {\n}\n', '2:1'],
    ['x {\n a = (1 + 2\n b = 3\n}\ny = 1\n', '3:2'],
    ['a = { x = 1\nb = 2\nc "d" {\n}\n', '1:5'],
    ['x "y {\n a = 1\n b {\n }\n}\nz = 1\n', '1:3'],
    ['x "y"\n  a = 1\n}\nz = 1\n', '1:6'],
    ['x "y"\n{\n a = 1\n}\n', '1:6'],
    ['x "y" = {\n a = 1\n b = 2\n}\n', '1:7'],
    ['x { a = 1, b = 2 }\ny = 1\n', '1:10'],
    ['x { a = 1\n b = 2\n}\n', '1:10'],
    ['x { y {} }\nz = 1\n', '1:5'],
    ['x {\n a = 1 }\ny = 1\n', '2:8'],
    ['x {\n}}\ny = 1\n', '2:2'],
    ['x {\n y {\n z = 1\n', '2:4'],
    ['a = "${x"\nb = "y"\n', '1:6'],
    ['a = "${x\nb = "y"\nc = 1\n', '1:6'],
    ['a = "%{ if x }y"\nb = 1\n', '1:6'],
    ['a = "%{ if x + }y%{ endif }"\nb = 1\n', '1:16'],
    ['a = "%{ fi x }y"\n', '1:9'],
    ['a = <<EOF\nx\nb = 1\n', '1:5'],
    ['a = <<EOF \nx\nEOF\nb = 1\n', '1:5'],
    ['a = <<EOF\n${ x\nEOF\nb = 1\n', '2:1'],
    ['a = 1 /* x\nb = 2\n', '1:7'],
    ['a = {,}\nb = 1\n', '1:6'],
    ['a = {x}\n', '1:7'],
    ['a = { x = 1 y = 2 }\n', '1:13'],
    ['a = [for x of y : x]\nb = 1\n', '1:12'],
    ['a = [[for x of y : x], 2]\nb = 1\n', '1:13'],
    ['a = "\\q"\n', '1:6'],
    ['a = "\\ud8"\n', '1:6'],
    ['"a" = { b = 1 }\nc = 2\n', '1:1'],
    ['"x "y" {\n a = 1\n}\nz = 1\n', '1:1'],
    ['a = 1;\nb = 2;\n'.slice(0, 7), '1:6'],
    ['a = x.0.1\n', '1:7'],
    ['a = x.*.*.y\n', '1:9'],
    ['a = 1e999\n', '1:5'],
    ['a = 1.2.3\n', '1:5'],
    ['a = f(x..., 1)\n', '1:11'],
    ['}\n}\na = 1\n', '1:1'],
    ['x {\n a = { z = [ }\n}\nb = 1\n', '2:14'],
    ['x {\n y{a = 1\n b = 2\n}\nc = 3\n', '2:9'],
    ['x { a = , }\nb = 1\n', '1:9'],
  ]
  test.each(single)('one mistake is one report: %j', (text, place) => {
    expect(faults(text).map((line) => line.split(' ')[0])).toEqual([place])
  })

  test('what follows a mistake is still read', () => {
    for (const [text] of single) {
      // The last whole line is an argument in most of these texts.
      const last = /(\w) = \d+\n$/.exec(text)?.[1]
      if (last === undefined || text.startsWith('a = <<EOF\nx\nb') || text.includes('/*')) continue
      expect(errorsOf(`${text}a_a = \n`).at(-1)).toMatchObject({ message: 'missing expression' })
    }
  })

  test('an argument with a wrong value is still known', () => {
    expect(errorsOf('x {\n type = ,\n}\n')).toHaveLength(1)
  })

  test('the indentation tells which block is not closed', () => {
    const text = 'outer {\n  inner {\n    a = 1\n\n  second {\n  }\n}\n'
    const [error, ...others] = errorsOf(text)
    expect(others).toEqual([])
    expect(error).toMatchObject({
      line: 1,
      message: 'this block is not closed',
      hint: expect.stringContaining('"inner" of line 2'),
    })
  })

  test('mistakes without end are cut short', () => {
    const reports = faults(`a = [${','.repeat(100_000)}]\n`)
    expect(reports).toHaveLength(201)
    expect(reports.at(-1)).toContain('more than 200 errors')
  })

  test('nesting without end is refused, not a crash', () => {
    for (const [open, close] of [
      ['(', ')'],
      ['[', ']'],
      ['{a=', '}'],
      ['-', ''],
      ['"${', '}"'],
      ['f(', ')'],
      ['x[', ']'],
    ]) {
      const deep = `a = ${open!.repeat(5000)}1${close!.repeat(5000)}\n`
      expect(faults(deep)).toEqual([expect.stringContaining('nested more than 500 levels deep')])
    }
    expect(faults(`${'b {\n'.repeat(5000)}${'}\n'.repeat(5000)}`)).toHaveLength(1)
    expect(faults(`a = ${'1 + '.repeat(50_000)}1\n`)).toEqual([])
  })
})
