import { characterProblem } from './invalid-characters.js'
import type { Source, Span } from './source.js'
import type { Punctuation, Token, TokenKind } from './tokens.js'

/** The construct that the lexer is in. A template sequence counts the braces opened within it. */
type Mode =
  | { kind: 'sequence'; braces: number; open: Span }
  | { kind: 'quoted'; open: Span }
  | { kind: 'heredoc'; marker: string; open: Span; atLineStart: boolean }

const SPACE = /[ \t]+/y
const LINE_COMMENT = /(?:#|\/\/)[^\n]*/y
const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy
// Matches 1.2.3 as a whole, so that it is reported once.
const NUMBER = /[0-9]+(?:\.[0-9]+)*(?:[eE][+-]?[0-9]+)?/y
const HEREDOC = /<<(-?)([ \t]*)([\p{ID_Start}_][\p{ID_Continue}-]*)([ \t]*)\r?\n/uy
const PUNCTUATION = /\.\.\.|&&|\|\||==|!=|<=|>=|=>|::|[{}[\]()=<>!+\-*/%?:,.]/y
// Two or more signs before a brace escape it; a single one opens a sequence.
const QUOTED_TEXT = /(?:\$\$+\{|%%+\{|\\[^\n]|\$(?!\{)|%(?!\{)|[^\\"$%\n]+)+/y
// Matches the start of the next argument or block, which cannot continue an expression.
const NEXT_ITEM =
  /\s*(?:[\p{ID_Start}_][\p{ID_Continue}-]*[ \t]*=(?![=>])|[\p{ID_Start}_][\p{ID_Continue}-]*(?:[ \t]+"[^"\n]*")*[ \t]*\{[ \t]*\r?\n)/uy
const HEREDOC_TEXT = /(?:\$\$+\{|%%+\{|\$(?!\{)|%(?!\{)|[^$%\n]+)+\n?|\n/y

const UNCLOSED_SEQUENCE = { message: 'this template sequence is not closed', hint: 'close it with }' }

/** Splits a text into tokens, always to its end. Unreadable parts become tokens of kind `invalid`. */
export function tokenize(source: Source): Token[] {
  return new Lexer(source).run()
}

class Lexer {
  readonly #source: Source
  readonly #text: string
  readonly #tokens: Token[] = []
  readonly #modes: Mode[] = []
  #at = 0
  #lineStart = true

  constructor(source: Source) {
    this.#source = source
    this.#text = source.text
    if (this.#text.startsWith('\ufeff')) this.#at = 1
  }

  run(): Token[] {
    while (this.#at < this.#text.length) {
      const mode = this.#modes.at(-1)
      if (mode?.kind === 'quoted') this.#quoted(mode)
      else if (mode?.kind === 'heredoc') this.#heredoc(mode)
      else this.#normal(mode)
    }
    this.#unfinished()
    this.#push('end', this.#at)
    return this.#tokens
  }

  #push(kind: TokenKind, end: number, extra: Partial<Token> = {}): void {
    const span = { source: this.#source, start: this.#at, end }
    this.#tokens.push({ kind, span, lineStart: this.#lineStart && this.#modes.length === 0, ...extra })
    this.#at = end
    this.#lineStart = kind === 'newline'
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)
  }

  #normal(mode: Mode | undefined): void {
    const space = this.#match(SPACE) ?? this.#match(LINE_COMMENT)
    if (space) {
      // A carriage return before the line feed belongs to the end of the line.
      this.#at += space[0].length - (space[0].endsWith('\r') ? 1 : 0)
      return
    }
    if (this.#text.startsWith('/*', this.#at)) {
      this.#blockComment()
      return
    }
    const character = this.#text[this.#at]!
    if (character === '\n' && mode?.kind === 'sequence' && this.#runsAway(mode)) return
    if (character === '\n') {
      this.#push('newline', this.#at + 1)
      return
    }
    if (this.#text.startsWith('\r\n', this.#at)) {
      this.#push('newline', this.#at + 2)
      return
    }
    if (mode?.kind === 'sequence' && this.#sequenceEnd(mode, character)) return
    if (character === '"') {
      this.#push('quote', this.#at + 1)
      this.#modes.push({ kind: 'quoted', open: this.#tokens.at(-1)!.span })
      return
    }
    if (character === '<' && this.#heredocStart()) return
    const identifier = this.#match(IDENTIFIER)
    if (identifier) {
      this.#push('identifier', this.#at + identifier[0].length)
      return
    }
    const number = this.#match(NUMBER)
    if (number) {
      this.#push('number', this.#at + number[0].length)
      return
    }
    const punctuation = this.#match(PUNCTUATION)
    if (punctuation) {
      if (mode?.kind === 'sequence') mode.braces += character === '{' ? 1 : character === '}' ? -1 : 0
      this.#push(punctuation[0] as Punctuation, this.#at + punctuation[0].length)
      return
    }
    const wrong = String.fromCodePoint(this.#text.codePointAt(this.#at)!)
    this.#push('invalid', this.#at + wrong.length, { problem: characterProblem(wrong) })
  }

  #sequenceEnd(mode: { braces: number }, character: string): boolean {
    const stripped = this.#text.startsWith('~}', this.#at)
    if (mode.braces > 0 || (character !== '}' && !stripped)) return false
    this.#push('}$', this.#at + (stripped ? 2 : 1), { marked: stripped })
    this.#modes.pop()
    return true
  }

  #blockComment(): void {
    const end = this.#text.indexOf('*/', this.#at + 2)
    if (end !== -1) {
      this.#at = end + 2
      return
    }
    const start = this.#at
    this.#push('invalid', start + 2, {
      problem: { message: 'this comment is not closed', hint: 'close it with */' },
    })
    this.#at = this.#text.length
  }

  #heredocStart(): boolean {
    const match = this.#match(HEREDOC)
    if (!match) return false
    const problem = {
      message: 'white space around the marker of a heredoc',
      hint: `write <<${match[1]}${match[3]} with nothing behind it`,
    }
    this.#push('heredoc', this.#at + match[0].length, {
      marked: match[1] === '-',
      ...(match[2] === '' && match[4] === '' ? {} : { problem }),
    })
    this.#modes.push({
      kind: 'heredoc',
      marker: match[3]!,
      open: this.#tokens.at(-1)!.span,
      atLineStart: true,
    })
    return true
  }

  #quoted(mode: { open: Span }): void {
    const text = this.#match(QUOTED_TEXT)
    if (text) {
      // A carriage return before the line feed belongs to the end of the line.
      const cut = text[0].endsWith('\r') && this.#text[this.#at + text[0].length] === '\n' ? 1 : 0
      if (text[0].length > cut) {
        this.#push('text', this.#at + text[0].length - cut)
        return
      }
    }
    if (this.#text[this.#at] === '"') {
      this.#push('quote-end', this.#at + 1)
      this.#modes.pop()
    } else if (!this.#sequenceStart()) {
      this.#unterminated(mode.open)
    }
  }

  #heredoc(mode: { marker: string; open: Span; atLineStart: boolean }): void {
    if (mode.atLineStart) {
      const newline = this.#text.indexOf('\n', this.#at)
      const end = newline === -1 ? this.#text.length : newline
      const line = this.#text.slice(this.#at, end)
      if (line.trim() === mode.marker) {
        this.#at += line.length - line.trimStart().length
        this.#push('heredoc-end', this.#at + mode.marker.length)
        this.#modes.pop()
        return
      }
    }
    const text = this.#match(HEREDOC_TEXT)
    if (text) {
      mode.atLineStart = text[0].endsWith('\n')
      this.#push('text', this.#at + text[0].length)
      return
    }
    mode.atLineStart = false
    this.#sequenceStart()
  }

  #sequenceStart(): boolean {
    const opener = this.#text.slice(this.#at, this.#at + 2)
    if (opener !== '${' && opener !== '%{') return false
    const stripped = this.#text[this.#at + 2] === '~'
    this.#push(opener, this.#at + (stripped ? 3 : 2), { marked: stripped })
    this.#modes.push({ kind: 'sequence', braces: 0, open: this.#tokens.at(-1)!.span })
    return true
  }

  /**
   * Reports a string that does not end on its line. An unclosed string inside a sequence also ends the outer
   * string, because strings hardly ever span lines.
   */
  #unterminated(open: Span): void {
    const sequence = this.#modes.at(-2)
    if (sequence?.kind === 'sequence' && open.end === this.#at) {
      // "${x" : the quote meant to close the outer string has opened another one.
      this.#tokens.pop()
      this.#abandon(sequence.open, UNCLOSED_SEQUENCE)
    } else {
      const span = { source: this.#source, start: open.start, end: this.#at }
      this.#abandon(span, { message: 'this string is not closed', hint: 'close it with " on the same line' })
    }
    if (this.#text[this.#at] === '\\') this.#at++
  }

  /** Reports an unclosed construct and leaves the surrounding strings and sequences, but not a heredoc. */
  #abandon(span: Span, problem: { message: string; hint?: string }): void {
    this.#push('invalid', this.#at, { span, problem: { ...problem, endsLine: true } })
    const quoted = this.#modes.findIndex((mode) => mode.kind === 'quoted')
    if (quoted !== -1) this.#modes.length = quoted
    if (this.#modes.at(-1)?.kind === 'sequence') this.#modes.pop()
  }

  /**
   * Ends an unclosed sequence where the next line looks like a new item, because it would swallow the rest of the
   * file.
   */
  #runsAway(mode: { braces: number; open: Span }): boolean {
    if (mode.braces > 0) return false
    const around = this.#modes.at(-2)
    if (around?.kind === 'heredoc') {
      const end = this.#text.indexOf('\n', this.#at + 1)
      const line = this.#text.slice(this.#at + 1, end === -1 ? undefined : end)
      if (line.trim() !== around.marker) return false
    } else if (!this.#match(NEXT_ITEM)) {
      return false
    }
    this.#abandon(mode.open, UNCLOSED_SEQUENCE)
    return true
  }

  #unfinished(): void {
    const mode = this.#modes.findLast((entry) => entry.kind !== 'sequence')
    if (mode === undefined || this.#modes.at(-1) !== mode) return
    if (mode.kind === 'quoted') this.#unterminated(mode.open)
    else if (mode.kind === 'heredoc') {
      const hint = `end it with a line that contains only ${mode.marker}`
      const problem = { message: 'this heredoc is not closed', hint, endsLine: true }
      const { start, end } = mode.open
      const span = { source: this.#source, start, end: start + this.#text.slice(start, end).trimEnd().length }
      this.#push('invalid', this.#at, { span, problem })
    }
  }
}
