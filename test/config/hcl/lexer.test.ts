// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is HCL
import { describe, expect, test } from 'vitest'
import { tokenize } from '../../../src/config/hcl/lexer.js'
import { Source, textOf } from '../../../src/config/hcl/source.js'

const tokens = (text: string) => tokenize(new Source('test.hcl', text))
const kinds = (text: string) =>
  tokens(text)
    .map((token) => token.kind)
    .join(' ')
const texts = (text: string) => tokens(text).map((token) => textOf(token.span))

describe('tokens', () => {
  test('names have dashes and any letters', () => {
    expect(texts('my-name _x äöü 名前 a1')).toEqual(['my-name', '_x', 'äöü', '名前', 'a1', ''])
  })

  test('numbers have fractions and exponents', () => {
    expect(texts('1 2.5 1e3 1.5E-7')).toEqual(['1', '2.5', '1e3', '1.5E-7', ''])
    expect(kinds('1.x')).toBe('number . identifier end')
  })

  test('the longest operator wins', () => {
    expect(kinds('<= == => ... && || != :: >= < = ! . :')).toBe('<= == => ... && || != :: >= < = ! . : end')
  })

  test('comments are nothing, the end of their line stays', () => {
    expect(kinds('a # x\nb // y\nc /* z\n z */ d')).toBe(
      'identifier newline identifier newline identifier identifier end',
    )
  })

  test('a byte order mark and CRLF are no tokens of their own', () => {
    expect(kinds('\ufeffa = 1\r\nb = "x" # c\r\n')).toBe(
      'identifier = number newline identifier = quote text quote-end newline end',
    )
  })
})

describe('strings', () => {
  test('sequences nest, and a brace inside of one is not its end', () => {
    expect(kinds('"a${ {x = "}${1}"} }b"')).toBe(
      'quote text ${ { identifier = quote text ${ number }$ quote-end } }$ text quote-end end',
    )
  })

  test('escaped sequences and single signs are text', () => {
    expect(texts('"$${x} %%{y} $ % $$ \\" \\${"')).toHaveLength(4)
    expect(kinds('"$x%y"')).toBe('quote text quote-end end')
  })

  test('strip markers belong to the sequence', () => {
    const [, open, , close] = tokens('"${~ x ~}"')
    expect([open!.marked, close!.marked]).toEqual([true, true])
  })

  test('a string that is not closed ends with its line', () => {
    expect(kinds('a = "x\nb = 1')).toBe('identifier = quote text invalid newline identifier = number end')
    expect(kinds('a = "x${ y\nb = 1')).toBe(
      'identifier = quote text ${ identifier invalid newline identifier = number end',
    )
  })
})

describe('heredocs', () => {
  test('go on to a line with only the marker', () => {
    expect(kinds('<<EOT\na\n  EOTX\n EOT \nx')).toBe('heredoc text text heredoc-end newline identifier end')
  })

  test('hold sequences and quotes, but no backslash escapes', () => {
    expect(texts('<<E\n"\\n ${x}\nE\n')).toEqual(['<<E\n', '"\\n ', '${', 'x', '}', '\n', 'E', '\n', ''])
  })
})

test('positions count lines and code points from 1', () => {
  const source = new Source('test.hcl', '\ufeffa = "😀é" # x\r\n\tb = 2')
  const at = (text: string) => source.position(source.text.indexOf(text))
  expect(at('a')).toEqual({ line: 1, column: 1 })
  expect(at('é')).toEqual({ line: 1, column: 7 })
  expect(at('b')).toEqual({ line: 2, column: 2 })
  expect(source.lineText(1)).toBe('a = "😀é" # x')
})
