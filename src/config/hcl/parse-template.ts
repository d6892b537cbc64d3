import type { Expression, ForVariables } from './ast.js'
import { skipSequence } from './recovery.js'
import type { Span } from './source.js'
import { buildTemplate, type Element } from './template-tree.js'
import { type TokenStream, Unreadable } from './token-stream.js'
import { describeToken, type Token } from './tokens.js'
import { unescapeText } from './unescape.js'

/**
 * Reads an expression. Passed to the parsers of constructs that contain expressions, so that they need not import
 * each other.
 */
export type ReadExpression = (stream: TokenStream) => Expression

const DIRECTIVES = ['if', 'else', 'endif', 'for', 'endfor']

/** Reads a string or a heredoc; the cursor is at the opening token. */
export function parseTemplate(stream: TokenStream, read: ReadExpression): Expression {
  const open = stream.next()
  if (open.problem) stream.report(headOf(open), open.problem)
  const elements: Element[] = []
  const quoted = open.kind === 'quote'
  stream.within(false, () => {
    while (readElement(stream, elements, quoted, read)) {
      // `readElement` advances the cursor.
    }
  })
  return buildTemplate(stream, elements, stream.spanFrom(open.span), open.marked ?? false)
}

/** Returns the opening line of a heredoc without its end. */
function headOf(open: Token): Span {
  const { source, start, end } = open.span
  return { source, start, end: start + source.text.slice(start, end).trimEnd().length }
}

function readElement(
  stream: TokenStream,
  elements: Element[],
  quoted: boolean,
  read: ReadExpression,
): boolean {
  const token = stream.peek()
  switch (token.kind) {
    case 'text':
      stream.next()
      elements.push({ kind: 'text', value: unescapeText(stream, token.span, quoted), span: token.span })
      return true
    case '${':
    case '%{':
      elements.push(readSequence(stream, read))
      return true
    case 'quote-end':
    case 'heredoc-end':
      stream.next()
      return false
    case 'invalid':
      stream.reportUnexpected('the end of the string')
      stream.next()
      // Inside a sequence, the surrounding string has ended as well.
      if (stream.sequences > 0) throw new Unreadable(true)
      return false
    default:
      return stream.fail('the end of the string')
  }
}

function readSequence(stream: TokenStream, read: ReadExpression): Element {
  const open = stream.next()
  stream.sequences++
  try {
    return stream.within(true, () =>
      open.kind === '${' ? readInterpolation(stream, open, read) : readDirective(stream, open, read),
    )
  } finally {
    stream.sequences--
  }
}

function readInterpolation(stream: TokenStream, open: Token, read: ReadExpression): Element {
  const { value, marks } = closed(stream, open, () => read(stream))
  const span = stream.spanFrom(open.span)
  return { kind: 'interpolation', expression: value ?? { kind: 'invalid', span }, span, ...marks }
}

function readDirective(stream: TokenStream, open: Token, read: ReadExpression): Element {
  const keyword = stream.peek()
  const name = keyword.kind === 'identifier' ? stream.text(keyword) : ''
  const { value, marks } = closed(stream, open, () => {
    if (!DIRECTIVES.includes(name)) {
      stream.fail('if, else, endif, for or endfor', {
        message: `unknown template directive ${describeToken(keyword)}`,
        hint: 'to write %{ as text, double the sign: %%{',
      })
    }
    stream.next()
    if (name === 'if') return { condition: read(stream) }
    if (name === 'for') return readFor(stream, read)
    return {}
  })
  const span = stream.spanFrom(open.span)
  const invalid: Expression = { kind: 'invalid', span }
  switch (name) {
    case 'if':
      return { kind: 'if', condition: value?.condition ?? invalid, span, ...marks }
    case 'for':
      return {
        kind: 'for',
        variables: value?.variables ?? { value: '' },
        collection: value?.collection ?? invalid,
        span,
        ...marks,
      }
    case 'else':
    case 'endif':
    case 'endfor':
      return { kind: name, span, ...marks }
    default:
      return { kind: 'interpolation', expression: invalid, span, ...marks }
  }
}

interface Directive {
  condition?: Expression
  variables?: ForVariables
  collection?: Expression
}

function readFor(stream: TokenStream, read: ReadExpression): Directive {
  const variables = readForVariables(stream)
  return { variables, collection: read(stream) }
}

/** Reads `value in` or `key, value in`. */
export function readForVariables(stream: TokenStream): ForVariables {
  const name = () => stream.text(stream.expect('identifier', 'the name of a variable'))
  const first = name()
  const second = stream.accept(',') ? name() : undefined
  if (!stream.isWord('in'))
    stream.fail('`in`', { hint: 'write: for value in collection, or: for key, value in collection' })
  stream.next()
  return second === undefined ? { value: first } : { key: first, value: second }
}

/** Reads the content of a sequence and its end. After an error, continues behind the sequence. */
function closed<T>(
  stream: TokenStream,
  open: Token,
  read: () => T,
): { value: T | undefined; marks: { stripBefore: boolean; stripAfter: boolean } } {
  const stripBefore = open.marked ?? false
  try {
    const value = stream.nested(read)
    if (stream.is('end')) unclosed(stream, open.span)
    const close = stream.expect('}$', `\`}\` to close \`${open.kind}\``, {
      hint: `to write ${open.kind} as text, double the sign: ${open.kind[0]}${open.kind}`,
    })
    return { value, marks: { stripBefore, stripAfter: close.marked ?? false } }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const next = stream.tokens[stream.index]!.kind
    const inHeredoc = next === 'text' || next === 'heredoc-end'
    if (error.wholeItem ? !inHeredoc : !skipSequence(stream)) throw new Unreadable(true)
    return { value: undefined, marks: { stripBefore, stripAfter: false } }
  }
}

function unclosed(stream: TokenStream, span: Span): never {
  stream.report(span, { message: 'this template sequence is not closed', hint: 'close it with }' })
  throw new Unreadable(true)
}
