import type { Span } from './source.js'

/**
 * What a token is. Punctuation is its own kind (`'{'`, `'=='`, `'...'`); the others are named:
 * `text` is a raw piece of a string or (one line of) a heredoc, `${` and `%{` open a template sequence, `}$` closes one.
 */
export type TokenKind =
  | 'end'
  | 'newline'
  | 'identifier'
  | 'number'
  | 'quote'
  | 'quote-end'
  | 'heredoc'
  | 'heredoc-end'
  | 'text'
  | '${'
  | '%{'
  | '}$'
  | 'invalid'
  | Punctuation

/** The operators and brackets of the language. */
export type Punctuation =
  | '{'
  | '}'
  | '['
  | ']'
  | '('
  | ')'
  | '='
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '=>'
  | '!'
  | '&&'
  | '||'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '?'
  | ':'
  | '::'
  | ','
  | '.'
  | '...'

/** One token of the text. */
export interface Token {
  readonly kind: TokenKind
  readonly span: Span
  /** The first token of its line, outside of strings: where reading can resume after a mistake. */
  readonly lineStart: boolean
  /** A template sequence with a `~` on this side; a heredoc that is flushed (`<<-`). */
  readonly marked?: boolean
  /** Of a token of kind `invalid`: what is wrong with it. */
  readonly problem?: { message: string; hint?: string; endsLine?: boolean }
}

const NAMES: Partial<Record<TokenKind, string>> = {
  end: 'the end of the file',
  newline: 'the end of the line',
  quote: 'a string',
  'quote-end': 'the end of the string',
  heredoc: 'a heredoc',
  'heredoc-end': 'the end of the heredoc',
  text: 'text',
}

/** How a token is called in a message; its text is shown where it says more than its kind. */
export function describeToken(token: Token): string {
  const name = NAMES[token.kind]
  if (name !== undefined) return name
  const text = token.span.source.text.slice(token.span.start, token.span.end)
  return `\`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``
}
