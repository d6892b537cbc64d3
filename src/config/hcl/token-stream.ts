import type { Diagnostics } from './diagnostics.js'
import { type Finding, report } from './report.js'
import type { Span } from './source.js'
import { describeToken, type Token, type TokenKind } from './tokens.js'

/** Maximum nesting of expressions and blocks, so that the call stack never overflows. */
const MAX_NESTING = 500

/** Thrown after an error was reported, up to the next place where parsing can resume. */
export class Unreadable {
  /** Whether the rest of the argument or block must be skipped. */
  readonly wholeItem: boolean

  constructor(wholeItem: boolean) {
    this.wholeItem = wholeItem
  }
}

/** The tokens of a file with a cursor. Inside brackets line ends are skipped. `steps` counts the work done. */
export class TokenStream {
  readonly tokens: readonly Token[]
  readonly diagnostics: Diagnostics
  index = 0
  steps = 0
  depth = 0
  skipNewlines = false
  /** Number of template sequences open at the cursor. */
  sequences = 0
  /** Whether an unclosed block was reported; the blocks around it are not reported as well. */
  unclosedBlock = false
  /** The first block whose closing brace is indented as if it belonged to another block. */
  suspect: Span | undefined
  readonly #reported = new Set<number>()
  #lastEnd = 0

  constructor(tokens: readonly Token[], diagnostics: Diagnostics) {
    this.tokens = tokens
    this.diagnostics = diagnostics
  }

  peek(): Token {
    this.steps++
    while (this.skipNewlines && this.tokens[this.index]!.kind === 'newline') {
      this.index++
      this.steps++
    }
    return this.tokens[this.index]!
  }

  next(): Token {
    const token = this.peek()
    this.#lastEnd = token.span.end
    // The last token is never consumed, so that there always is one.
    if (this.index < this.tokens.length - 1) this.index++
    return token
  }

  /** Returns the span from `start` to the last consumed token. */
  spanFrom(start: Span): Span {
    return { source: start.source, start: start.start, end: Math.max(this.#lastEnd, start.end) }
  }

  is(kind: TokenKind): boolean {
    return this.peek().kind === kind
  }

  isWord(word: string): boolean {
    const token = this.peek()
    return token.kind === 'identifier' && this.text(token) === word
  }

  accept(kind: TokenKind): Token | undefined {
    return this.is(kind) ? this.next() : undefined
  }

  expect(kind: TokenKind, expected: string, finding: Partial<Finding> = {}): Token {
    return this.accept(kind) ?? this.fail(expected, finding)
  }

  /** Returns the text of a token in Normalization Form C, so that names that look the same are equal. */
  text(token: Token): string {
    return token.span.source.text.slice(token.span.start, token.span.end).normalize('NFC')
  }

  /** Reports the token at the cursor as unexpected. @throws Unreadable */
  fail(expected: string, finding: Partial<Finding> = {}): never {
    const token = this.peek()
    this.reportUnexpected(expected, finding)
    if (token.kind === 'invalid' && token.problem?.endsLine) {
      this.next()
      throw new Unreadable(true)
    }
    throw new Unreadable(false)
  }

  /** Like `fail`, but does not throw. */
  reportUnexpected(expected: string, finding: Partial<Finding> = {}): void {
    const token = this.peek()
    if (token.problem) {
      const { message, hint } = token.problem
      this.report(token.span, { message, ...(hint === undefined ? {} : { hint }) })
      return
    }
    const found = describeToken(token)
    this.report(this.#visible(token), {
      message: `unexpected ${found}`,
      expected,
      found,
      ...finding,
    })
  }

  /** Reports an error. A second one at the same place is a consequence of the first and is dropped. */
  report(span: Span, finding: Finding): void {
    if (this.#reported.has(span.start)) return
    this.#reported.add(span.start)
    report(this.diagnostics, span, finding)
  }

  /** Reads with or without skipping line ends, and restores the setting, also after an error. */
  within<T>(skipNewlines: boolean, read: () => T): T {
    const before = this.skipNewlines
    this.skipNewlines = skipNewlines
    try {
      return read()
    } finally {
      this.skipNewlines = before
    }
  }

  /** Reads one level deeper. Reports an error beyond `MAX_NESTING`, so that the call stack never overflows. */
  nested<T>(read: () => T): T {
    if (this.depth >= MAX_NESTING) {
      this.report(this.peek().span, { message: `nested more than ${MAX_NESTING} levels deep` })
      throw new Unreadable(true)
    }
    this.depth++
    try {
      return read()
    } finally {
      this.depth--
    }
  }

  /** Returns the span to mark; for an end of line, which spans two lines, the place after the text. */
  #visible(token: Token): Span {
    return token.kind === 'newline' ? { ...token.span, end: token.span.start } : token.span
  }
}
