import type { Label } from './ast.js'
import { skipItem } from './recovery.js'
import type { Span } from './source.js'
import { type TokenStream, Unreadable } from './token-stream.js'
import type { Token } from './tokens.js'
import { unescapeText } from './unescape.js'

/** The labels of a block, and the place of its opening brace. */
export interface Header {
  labels: Label[]
  open: Span
}

/** Reads the labels and the `{` after the type. Returns `undefined` if no block follows, which was reported. */
export function parseHeader(stream: TokenStream, type: Token): Header | undefined {
  const labels: Label[] = []
  try {
    for (;;) {
      if (stream.is('quote')) labels.push(quotedLabel(stream))
      else if (stream.is('identifier')) labels.push(bareLabel(stream))
      else return { labels, open: opening(stream, type, labels) }
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return resumeHeader(stream, type, labels)
  }
}

function bareLabel(stream: TokenStream): Label {
  const token = stream.next()
  return { value: stream.text(token), span: token.span }
}

function quotedLabel(stream: TokenStream): Label {
  const open = stream.next()
  let value = ''
  while (!stream.accept('quote-end')) {
    const token = stream.peek()
    if (token.kind !== 'text') {
      const sequence = token.kind === '${' || token.kind === '%{'
      stream.fail(
        'the end of the label',
        sequence ? { message: 'a label must not contain a template sequence' } : {},
      )
    }
    stream.next()
    value += unescapeText(stream, token.span, true)
  }
  return { value: value.normalize('NFC'), span: stream.spanFrom(open.span) }
}

function opening(stream: TokenStream, type: Token, labels: Label[]): Span {
  const open = stream.accept('{')
  if (open !== undefined) return open.span
  if (labels.length === 0) {
    if (stream.is('newline') || stream.is('end') || stream.is(':') || stream.is('==')) {
      const colon = stream.is(':') || stream.is('==')
      stream.report(type.span, {
        message: `"${stream.text(type)}" is neither an argument nor a block`,
        expected: '`= value` or `{` after the name',
        ...(colon ? { hint: 'an argument is set with a single `=`' } : {}),
      })
      throw new Unreadable(false)
    }
    stream.fail('`=` or `{`')
  }
  const assigned = stream.is('=') && stream.tokens[stream.index + 1]?.kind === '{'
  if (!assigned) stream.fail('`{` on the line of the block')
  stream.reportUnexpected('`{`', { hint: 'a block is written without `=`' })
  stream.next()
  return stream.next().span
}

/** Recovers from an error in a block header: continues inside the block if one opens, otherwise skips the item. */
export function resumeHeader(stream: TokenStream, type: Token, labels: Label[]): Header | undefined {
  const { source } = type.span
  const { line, column } = source.position(type.span.start)
  const kind = (index: number) => stream.tokens[index]!.kind
  const opens = (index: number) => kind(index) === '{' && kind(index + 1) === 'newline'
  const start = stream.index
  let at = start
  while (!opens(at) && !['=', 'newline', 'end'].includes(kind(at))) at++
  stream.steps += at - start
  if (opens(at)) {
    stream.index = at + 1
    // A brace without a name before it is either superfluous or opens a block whose name was lost.
    const named = [type, ...stream.tokens.slice(start, at)].some((token) => token.kind === 'identifier')
    return named || beginsDeeper(stream, at + 1, column)
      ? { labels, open: stream.tokens[at]!.span }
      : undefined
  }
  if (kind(at) === 'newline') {
    const next = nextLine(stream, at)
    if (labels.length > 0 && kind(next) === '{') {
      stream.index = next + 1
      return { labels, open: stream.tokens[next]!.span }
    }
    // The brace may have been read as part of an unclosed string.
    const opensInText = /\{\s*(?:(?:#|\/\/).*)?$/.test(source.lineText(line))
    const braceLost = labels.length > 0 && at === start
    if (opensInText || (braceLost && beginsDeeper(stream, next, column))) {
      stream.index = at
      return { labels, open: type.span }
    }
  }
  skipItem(stream, column)
  return undefined
}

function nextLine(stream: TokenStream, index: number): number {
  let at = index
  while (stream.tokens[at]!.kind === 'newline') at++
  stream.steps += at - index
  return at
}

/** Tells whether the next line is indented further, so that the lines of a block follow. */
export function beginsDeeper(stream: TokenStream, index: number, column: number): boolean {
  const token = stream.tokens[nextLine(stream, index)]!
  return token.kind === 'identifier' && token.span.source.position(token.span.start).column > column
}
