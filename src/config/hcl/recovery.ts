import type { TokenStream } from './token-stream.js'
import type { Token, TokenKind } from './tokens.js'

const CLOSERS: Partial<Record<TokenKind, TokenKind>> = {
  '{': '}',
  '[': ']',
  '(': ')',
  quote: 'quote-end',
  heredoc: 'heredoc-end',
  '${': '}$',
  '%{': '}$',
}
const CLOSING = new Set<TokenKind>(Object.values(CLOSERS))
/** Tokens that may end a construct around brackets, and around an argument. */
const AROUND_BRACKETS = new Set<TokenKind>(['}', '}$', 'quote-end', 'heredoc-end'])
const AROUND_ITEM = new Set<TokenKind>(['}'])

/** Where skipping stopped. `outside` is the end of the file, or a bracket that closes an outer construct. */
export type Stop = 'separator' | 'closer' | 'item' | 'outside'

/**
 * Tells whether a line begins here that can only be an argument (`name =`) or a block (`name {`, `name "label" {`).
 */
export function beginsItem(stream: TokenStream, index = stream.index): boolean {
  const { tokens } = stream
  if (tokens[index]!.kind !== 'identifier' || !tokens[index]!.lineStart) return false
  let at = index + 1
  if (tokens[at]?.kind === '=') return true
  // Each label is a string of at most three tokens.
  for (let labels = 0; labels < 5; labels++) {
    stream.steps++
    if (tokens[at]?.kind === '{') return true
    if (tokens[at]?.kind !== 'quote') return false
    while (at < tokens.length && tokens[at]!.kind !== 'quote-end') {
      if (tokens[at]!.kind === 'newline' || at > index + 20) return false
      at++
    }
    at++
  }
  return false
}

/**
 * Skips to the separator or the closing bracket after an error inside brackets, past everything nested. Also stops
 * before a line that begins an argument or block, because the closing bracket is missing then.
 */
export function skipInBrackets(stream: TokenStream, closer: TokenKind): Stop {
  const open: TokenKind[] = []
  const separatedByLine = closer === '}'
  for (;;) {
    const token = stream.tokens[stream.index]!
    stream.steps++
    if (open.length === 0) {
      if (token.kind === closer) return 'closer'
      if (token.kind === ',' || (separatedByLine && token.kind === 'newline')) return 'separator'
      if (!separatedByLine && beginsItem(stream)) {
        // Stop at the end of the line before, where an item ends.
        if (stream.index > 0) stream.index--
        return 'item'
      }
    }
    if (!step(stream, token, open, AROUND_BRACKETS)) return 'outside'
  }
}

/** Skips past the end of a template sequence after an error inside it. Returns false if it has no end. */
export function skipSequence(stream: TokenStream): boolean {
  const open: TokenKind[] = []
  for (;;) {
    const token = stream.tokens[stream.index]!
    stream.steps++
    if (open.length === 0) {
      if (token.kind === '}$') {
        stream.index++
        return true
      }
      if (token.kind === 'text' || token.kind === 'heredoc-end') return true
    }
    if (token.kind === 'invalid' && token.problem?.endsLine) return false
    if (!step(stream, token, open, AROUND_BRACKETS)) return false
  }
}

/**
 * Skips to the end of the line after an error in an argument or a block header, past nested constructs that span
 * lines.
 * @param column where the item began; a line that begins there or further left is the next item
 */
export function skipItem(stream: TokenStream, column: number): void {
  const open: TokenKind[] = []
  for (;;) {
    const token = stream.tokens[stream.index]!
    stream.steps++
    if (token.kind === 'newline' && open.length === 0) return
    if (token.lineStart && token.kind !== 'newline' && open.length > 0) {
      const outdented = stream.tokens[stream.index]!.span.source.position(token.span.start).column <= column
      const within = open.at(-1)
      if (within !== '}' && beginsItem(stream)) return
      if (outdented && !CLOSING.has(token.kind) && beginsItem(stream)) return
      if (token.kind === '}' && !open.includes('}')) return
    }
    if (!step(stream, token, open, AROUND_ITEM)) return
  }
}

/** Skips from an opening brace past the closing one. */
export function skipBraces(stream: TokenStream): void {
  const open: TokenKind[] = []
  do {
    stream.steps++
    if (!step(stream, stream.tokens[stream.index]!, open, AROUND_ITEM)) return
  } while (open.length > 0)
}

/** Skips one token. Returns false at the end and at a bracket that closes an outer construct. */
function step(
  stream: TokenStream,
  token: Token,
  open: TokenKind[],
  outside: ReadonlySet<TokenKind>,
): boolean {
  if (token.kind === 'end') return false
  const closer = CLOSERS[token.kind]
  if (closer !== undefined) open.push(closer)
  else if (token.kind === 'invalid' && token.problem?.endsLine) closeStrings(open)
  else if (CLOSING.has(token.kind)) {
    const at = open.lastIndexOf(token.kind)
    if (at !== -1) open.length = at
    // A superfluous bracket is skipped, unless it could end an outer construct.
    else if (outside.has(token.kind)) return false
  }
  stream.index++
  return true
}

/** Closes all strings, because the lexer has left everything up to the outermost string that was not closed. */
function closeStrings(open: TokenKind[]): void {
  const outermost = open.indexOf('quote-end')
  if (outermost !== -1) open.length = outermost
}
