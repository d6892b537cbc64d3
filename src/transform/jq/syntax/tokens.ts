import { JqSyntaxError } from '../errors.js'
import { type Token, tokenize } from './lexer.js'

/** Maximum nesting: far more than people write, and within the stack of a thread. */
const NESTING = 250

/** The tokens of a query, read from left to right. */
export class Tokens {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #index = 0
  #depth: number

  private constructor(source: string, tokens: readonly Token[], depth: number) {
    this.#source = source
    this.#tokens = tokens
    this.#depth = depth
  }

  /** @throws JqSyntaxError */
  static of(source: string): Tokens {
    return new Tokens(source, tokenize(source), 0)
  }

  get peek(): Token {
    return this.#tokens[this.#index] as Token
  }

  next(): Token {
    const token = this.peek
    if (token.kind !== 'end') this.#index++
    return token
  }

  is(kind: Token['kind'], text?: string): boolean {
    const token = this.peek
    return token.kind === kind && (text === undefined || token.text === text)
  }

  isOperator(operators: readonly string[]): boolean {
    const { kind, text } = this.peek
    return (kind === 'operator' || kind === 'keyword') && operators.includes(text)
  }

  /** Skips the next token if it is this one. */
  take(kind: Token['kind'], text?: string): boolean {
    const found = this.is(kind, text)
    if (found) this.#index++
    return found
  }

  /** @throws JqSyntaxError if it is another one */
  expect(kind: Token['kind'], text?: string): Token {
    if (!this.is(kind, text))
      throw this.unexpected(text ?? (kind === 'variable' ? 'a $variable' : `a ${kind}`))
    return this.next()
  }

  /** A name, which may be a keyword. */
  expectWord(): Token {
    return this.is('keyword') ? this.next() : this.expect('name')
  }

  expectEnd(): void {
    if (this.peek.kind !== 'end') throw this.unexpected('the end')
  }

  /** After an element of a list in parentheses: `;` goes on, `)` ends it. */
  endsList(): boolean {
    if (this.take('operator', ';')) return false
    this.expect('operator', ')')
    return true
  }

  /** The line of a place, counted from 1. */
  lineAt(offset: number): number {
    return this.#source.slice(0, offset).split('\n').length
  }

  /** Reads one level deeper. @throws JqSyntaxError if the query is nested too deeply */
  nested<T>(read: () => T): T {
    if (++this.#depth > NESTING) throw new JqSyntaxError(`nested more than ${NESTING} deep`, this.peek.offset)
    const result = read()
    this.#depth--
    return result
  }

  /** Returns a reader of the tokens of a filter in a string. */
  within(tokens: readonly Token[]): Tokens {
    return new Tokens(this.#source, tokens, this.#depth)
  }

  unexpected(expected: string): JqSyntaxError {
    const { kind, text, offset } = this.peek
    const found = kind === 'end' ? 'the end' : kind === 'string' ? 'a string' : JSON.stringify(text)
    return new JqSyntaxError(`found ${found}, expected ${expected}`, offset)
  }
}
