import { describe, expect, test } from 'vitest'
import { MAX_STEPS } from '../../src/config/hcl/budget.js'
import { Diagnostics } from '../../src/config/hcl/diagnostics.js'
import { evaluate, parse, Source, StepBudget } from '../../src/config/hcl/index.js'
import { readLocals } from '../../src/config/locals.js'

function locals(lines: readonly string[]) {
  const diagnostics = new Diagnostics()
  const { blocks } = parse(`locals {\n${lines.join('\n')}\n}\n`, 'a.hcl', diagnostics)
  const read = readLocals(blocks, { budget: new StepBudget() }, diagnostics)
  return { ...read, errors: diagnostics.errors }
}

const TEN = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]'
const levels = (of: (inner: string) => string) =>
  Array.from({ length: 12 }, (_, i) => `l${i + 1} = ${of(`local.l${i}`)}`)

describe('values that grow with every level', () => {
  test.each([
    ['flatten and for', levels((inner) => `flatten([for x in local.l0 : ${inner}])`)],
    ['lists of lists', levels((inner) => `[${`${inner}, `.repeat(10)}]`)],
    ['concat', levels((inner) => `concat(${Array(10).fill(inner).join(', ')})`)],
    ['objects', levels((inner) => `{ for x in local.l0 : x => ${inner} }`)],
    ['text', levels((inner) => `[join("", flatten([for x in local.l0 : ${inner}]))]`)],
    ['in try', levels((inner) => `try([for x in local.l0 : ${inner}], ${inner})`)],
    ['rounds that make nothing', ['n = [for a in range(100000) : [for b in range(100000) : b if false]]']],
  ])('are reported once, at their place: %s', (_, lines) => {
    const { errors } = locals([`l0 = ${TEN}`, ...lines])
    expect(errors.map(({ message }) => message)).toEqual([
      `the expressions of the configuration make too many values: more than ${MAX_STEPS} elements and steps`,
    ])
    expect(errors[0]!.line).toBeGreaterThan(2)
  })

  test('are made up to the limit', () => {
    const { values, errors } = locals(['a = range(100000)', 'b = length([for x in local.a : x])'])
    expect(errors).toEqual([])
    expect(values.b).toBe(100_000)
  })
})

test('a chain of locals may be longer than the call stack allows', () => {
  const { values, errors } = locals([
    ...Array.from({ length: 20_000 }, (_, i) => `a${i} = local.a${i + 1}`),
    'a20000 = 1',
  ])
  expect([values.a0, errors]).toEqual([1, []])
})

test('positions in a long line count code points', () => {
  const text = `${'a😀'.repeat(1_000)}x`
  const source = new Source('a.hcl', text)
  for (const offset of [3_000, 0, 1, 2, 3, 255, 256, 257, 511, 768, 2_999])
    expect(source.position(offset).column).toBe(1 + [...text.slice(0, offset)].length)
})

test('errors of values are limited per file', () => {
  const diagnostics = new Diagnostics()
  const { attributes } = parse(`a = [${'nobody, '.repeat(1_000)}]\n`, 'a.hcl', diagnostics)
  evaluate(attributes[0]!.expression, {}, diagnostics)
  expect(diagnostics.items).toHaveLength(201)
  expect(diagnostics.items.at(-1)!.message).toBe('more than 200 errors; the rest is not reported')
})
