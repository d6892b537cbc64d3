import { describe, expect, test } from 'vitest'
import {
  type Diagnostic,
  Diagnostics,
  didYouMean,
  formatDiagnostic,
  formatDiagnostics,
} from '../../../src/config/hcl/diagnostics.js'

const diagnostic: Diagnostic = {
  severity: 'error',
  file: 'gateway.hcl',
  line: 12,
  column: 3,
  endLine: 12,
  endColumn: 7,
  message: 'unknown argument "tmie"',
  expected: 'one of time, kind',
  found: '"tmie"',
  hint: 'did you mean "time"?',
  source: '  tmie = 5',
}

describe('a diagnostic', () => {
  test('is shown with its line underlined', () => {
    expect(formatDiagnostic(diagnostic)).toBe(
      [
        'error: unknown argument "tmie"',
        '  --> gateway.hcl:12:3',
        '   |',
        '12 |   tmie = 5',
        '   |   ^^^^',
        '   = expected one of time, kind, found "tmie"',
        '   hint: did you mean "time"?',
      ].join('\n'),
    )
  })

  test('has colours on request only', () => {
    const start = '\u001b'
    expect(formatDiagnostic(diagnostic)).not.toContain(start)
    expect(formatDiagnostic(diagnostic, { color: true })).toContain(`${start}[31;1m^^^^${start}[0m`)
    const warning = formatDiagnostic({ ...diagnostic, severity: 'warning' }, { color: true })
    expect(warning).toContain(`${start}[33;1mwarning${start}[0m`)
  })

  const marks = (source: string, column: number, endColumn: number) => {
    const lines = formatDiagnostic({ ...diagnostic, line: 1, endLine: 1, source, column, endColumn }).split(
      '\n',
    )
    return [lines[3]!.slice(4), lines[4]!.slice(4)]
  }

  test('is underlined at the right place behind tabs, wide and combining characters', () => {
    expect(marks('\ta\t= x', 5, 6)[1]).toBe('\t \t ^')
    expect(marks('\ta\t= x', 6, 7)[1]).toBe('\t \t  ^')
    expect(marks('a = "名前" x', 10, 11)[1]).toBe(`${' '.repeat(11)}^`)
    expect(marks('a = "名前"', 6, 8)[1]).toBe(`${' '.repeat(5)}^^^^`)
    expect(marks('e\u0301 = x', 6, 7)[1]).toBe(`${' '.repeat(4)}^`)
  })

  test('of no width, or at the end of the line, has one caret', () => {
    expect(marks('a = ', 5, 5)[1]).toBe('    ^')
    expect(marks('', 1, 1)[1]).toBe('^')
  })

  test('over several lines is underlined to the end of the first', () => {
    const text = formatDiagnostic({ ...diagnostic, endLine: 15, endColumn: 2 })
    expect(text.split('\n')[4]).toBe('   |   ^^^^^^^^')
  })

  test('of a very long line shows the part around the place', () => {
    const source = `${'x'.repeat(5000)}y${'z'.repeat(5000)}`
    const [line, under] = marks(source, 5001, 5002)
    expect(line!.length).toBeLessThan(200)
    expect(line![under!.indexOf('^')]).toBe('y')
  })

  test('cannot send control sequences to the terminal', () => {
    const text = formatDiagnostic({
      ...diagnostic,
      message: 'x\u001b[2J',
      source: '\u001b]0;x\u0007  a',
      file: 'a\nb',
    })
    expect([...text].filter((character) => character < ' ' && character !== '\n')).toEqual([])
    expect(text.split('\n')[1]).toBe('  --> a\ufffdb:12:3')
  })
})

test('diagnostics are sorted by file, line and column', () => {
  const all = new Diagnostics()
  const add = (file: string, line: number, column: number, severity: 'error' | 'warning' = 'error') =>
    all.add({ severity, file, line, column, message: `${file}${line}${column}` })
  add('b', 1, 1)
  add('a', 10, 1)
  add('a', 2, 5, 'warning')
  add('a', 2, 3)
  expect(all.sorted().map((item) => item.message)).toEqual(['a23', 'a25', 'a101', 'b11'])
  expect(all.errors.map((item) => item.message)).toEqual(['a23', 'a101', 'b11'])
  expect(all.hasErrors).toBe(true)
  expect(formatDiagnostics(all).match(/-->/g)).toHaveLength(4)
})

describe('did you mean', () => {
  test.each([
    ['tmie', 'time'],
    ['max_atempts', 'max_attempts'],
    ['addres', 'address'],
    ['Timeout', 'timeout'],
    ['pasword', 'password'],
  ])('%s: %s', (word, meant) => {
    expect(didYouMean(word, ['time', 'timeout', 'address', 'max_attempts', 'password', 'path'])).toBe(meant)
  })

  test('nothing that is too far away', () => {
    expect(didYouMean('colour', ['time', 'address', 'cold'])).toBeUndefined()
    expect(didYouMean('x', ['y'])).toBeUndefined()
    expect(didYouMean('time', [])).toBeUndefined()
  })
})
