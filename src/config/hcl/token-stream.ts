import type { Diagnostics } from './diagnostics.js'
import { type Finding, report } from './report.js'
import type { Span } from './source.js'
import { describeToken, type Token, type TokenKind } from './tokens.js'

/** How deep expressions and blocks may nest: far more than anyone writes, far less than the stack holds. */
const MAX_NESTING = 500

/** Nobody reads more reports of one file, and each takes time in proportion to the length of its line. */
const MAX_REPORTS = 200

/** Thrown after a mistake was reported, up to the next place where reading can resume. */
export class Unreadable {
  /** Nothing inside of the argument or block can be trusted any more. */
  readonly wholeItem: boolean

  constructor(wholeItem: boolean) {
    this.wholeItem = wholeItem
  }
}

/** The tokens with a cursor. Inside brackets the ends of lines do not count; `steps` is the work done so far. */
export class TokenStream {
  readonly tokens: readonly Token[]
  readonly diagnostics: Diagnostics
  index = 0
  steps = 0
  depth = 0
  skipNewlines = false
  /** How many template sequences are open at the cursor. */
  sequences = 0
  /** Whether a block was found to be without end; the blocks around it are not reported as well. */
  unclosedBlock = false
  /** The first block whose closing brace is indented as if it belonged to another one. */
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
    // The last token stays, so that there always is one.
    if (this.index < this.tokens.length - 1) this.index++
    return token
  }

  /** From the start of a stretch to the end of what was read last. */
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

  /** The text of a token in Normalization Form C: names that look the same are the same. */
  text(token: Token): string {
    return token.span.source.text.slice(token.span.start, token.span.end).normalize('NFC')
  }

  /** Reports what stands at the cursor in place of what was expected, and gives up reading it. */
  fail(expected: string, finding: Partial<Finding> = {}): never {
    const token = this.peek()
    this.reportUnexpected(expected, finding)
    if (token.kind === 'invalid' && token.problem?.endsLine) {
      this.next()
      throw new Unreadable(true)
    }
    throw new Unreadable(false)
  }

  /** As `fail`, but reading goes on. */
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

  /** Reports a mistake. A second one at the same place is a consequence of the first, and is left out. */
  report(span: Span, finding: Finding): void {
    if (this.#reported.has(span.start) || this.#reported.size > MAX_REPORTS) return
    this.#reported.add(span.start)
    const tooMany = { message: `more than ${MAX_REPORTS} mistakes; the rest is not reported` }
    report(this.diagnostics, span, this.#reported.size > MAX_REPORTS ? tooMany : finding)
  }

  /** Reads with or without ends of lines, and restores what it was before, also when reading failed. */
  within<T>(skipNewlines: boolean, read: () => T): T {
    const before = this.skipNewlines
    this.skipNewlines = skipNewlines
    try {
      return read()
    } finally {
      this.skipNewlines = before
    }
  }

  /** One level deeper; too deep is a mistake of its own, so that the stack never overflows. */
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

  /** An end of line spans two lines; its mark is the place just after the text. */
  #visible(token: Token): Span {
    return token.kind === 'newline' ? { ...token.span, end: token.span.start } : token.span
  }
}
