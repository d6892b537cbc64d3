import { JqSyntaxError } from '../errors.js'

/** A token of a query. */
export type Token =
  | ({
      readonly kind: 'name' | 'field' | 'variable' | 'format' | 'keyword' | 'operator'
      readonly text: string
    } & Place)
  | ({ readonly kind: 'number'; readonly text: string } & Place)
  /** The parts of a string: text, or the tokens of a filter in it. */
  | ({
      readonly kind: 'string'
      readonly text: string
      readonly parts: readonly (string | readonly Token[])[]
    } & Place)
  | ({ readonly kind: 'end'; readonly text: '' } & Place)

interface Place {
  readonly offset: number
}

const KEYWORDS = new Set(
  'def if then elif else end as reduce foreach try catch label import include and or __loc__ module'.split(
    ' ',
  ),
)
const SPACE = /(?:[ \t\r\n]|#(?:[^\\\n]|\\[\s\S])*)+/y
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const NAME = /(?:[a-zA-Z_]\w*::)*[a-zA-Z_]\w*/y
const FIELD = /\.[a-zA-Z_]\w*/y
const VARIABLE = /\$(?:[a-zA-Z_]\w*::)*[a-zA-Z_]\w*/y
const FORMAT = /@\w+/y
const OPERATOR = /\?\/\/|\/\/=|\/\/|\|=|\+=|-=|\*=|\/=|%=|==|!=|<=|>=|\.\.|[.[\]{}()|,:;=<>+\-*/%?$]/y
const TEXT = /[^"\\]+/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** @throws JqSyntaxError */
export function tokenize(source: string): readonly Token[] {
  return new Lexer(source).all(undefined)
}

class Lexer {
  readonly #source: string
  #offset = 0

  constructor(source: string) {
    this.#source = source
  }

  /** Reads until the bracket that closes a filter in a string, or to the end. */
  all(close: ')' | undefined): Token[] {
    const tokens: Token[] = []
    let open = 0
    for (;;) {
      this.#match(SPACE)
      const offset = this.#offset
      if (offset >= this.#source.length) {
        if (close !== undefined) throw new JqSyntaxError('a filter in a string is not closed with )', offset)
        tokens.push({ kind: 'end', text: '', offset })
        return tokens
      }
      const token = this.#next(offset)
      if (token.kind === 'operator') {
        if (token.text === '(') open++
        if (token.text === ')' && open-- === 0 && close !== undefined) {
          tokens.push({ kind: 'end', text: '', offset })
          return tokens
        }
      }
      tokens.push(token)
    }
  }

  #next(offset: number): Token {
    if (this.#source[offset] === '"') return this.#string(offset)
    const number = this.#match(NUMBER)
    if (number !== undefined) return { kind: 'number', text: number, offset }
    const field = this.#match(FIELD)
    if (field !== undefined) return { kind: 'field', text: field.slice(1), offset }
    const name = this.#match(NAME)
    if (name !== undefined) return { kind: KEYWORDS.has(name) ? 'keyword' : 'name', text: name, offset }
    const variable = this.#match(VARIABLE)
    if (variable !== undefined) return { kind: 'variable', text: variable.slice(1), offset }
    const format = this.#match(FORMAT)
    if (format !== undefined) return { kind: 'format', text: format.slice(1), offset }
    const operator = this.#match(OPERATOR)
    if (operator !== undefined) return { kind: 'operator', text: operator, offset }
    throw new JqSyntaxError(`unexpected character ${JSON.stringify(this.#source[offset])}`, offset)
  }

  #string(offset: number): Token {
    this.#offset++
    const parts: (string | readonly Token[])[] = []
    let text = ''
    for (;;) {
      text += this.#match(TEXT) ?? ''
      const mark = this.#source[this.#offset++]
      if (mark === undefined) throw new JqSyntaxError('a string is not closed with "', offset)
      if (mark === '"') {
        parts.push(text)
        return { kind: 'string', text: parts.length === 1 ? text : '', parts, offset }
      }
      const escaped = this.#source[this.#offset++] ?? ''
      if (escaped === '(') {
        parts.push(text, this.all(')'))
        text = ''
      } else if (escaped === 'u') text += this.#unicode()
      else {
        const character = ESCAPES[escaped]
        if (character === undefined) throw new JqSyntaxError(`invalid escape \\${escaped}`, this.#offset - 2)
        text += character
      }
    }
  }

  #unicode(): string {
    const digits = this.#source.slice(this.#offset, this.#offset + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(digits))
      throw new JqSyntaxError('\\u needs four hexadecimal digits', this.#offset)
    this.#offset += 4
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset
    const text = pattern.exec(this.#source)?.[0]
    if (text !== undefined) this.#offset += text.length
    return text
  }
}
