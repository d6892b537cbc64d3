import type { Span } from './source.js'

/**
 * Kinds of tokens. Punctuation is its own kind (`'{'`, `'=='`, `'...'`). `text` is a raw piece of a string or of
 * one line of a heredoc; `${` and `%{` open a template sequence, and `}$` closes one.
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
  /** Whether this is the first token of its line, outside of strings, where parsing can resume after an error. */
  readonly lineStart: boolean
  /** Whether a template sequence has a `~` on this side, or a heredoc is flushed (`<<-`). */
  readonly marked?: boolean
  /** What is wrong with a token of kind `invalid`. */
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

/** Describes a token for a message, by its text if that says more than its kind. */
export function describeToken(token: Token): string {
  const name = NAMES[token.kind]
  if (name !== undefined) return name
  const text = token.span.source.text.slice(token.span.start, token.span.end)
  return `\`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``
}
