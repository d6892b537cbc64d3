import type { Expression, ForObject, ObjectExpression } from './ast.js'
import { enclosed, list, unclosedBracket } from './brackets.js'
import { type ReadExpression, readForVariables } from './parse-template.js'
import { beginsItem, skipInBrackets } from './recovery.js'
import type { Span } from './source.js'
import { type TokenStream, Unreadable } from './token-stream.js'
import type { Token } from './tokens.js'

/** Reads `[…]`: a list or a `for`. */
export function parseTuple(stream: TokenStream, read: ReadExpression): Expression {
  const open = stream.next()
  if (stream.within(true, () => stream.isWord('for'))) {
    const value = enclosed(stream, open, ']', () => readForTuple(stream, read))
    const span = stream.spanFrom(open.span)
    return value === undefined ? { kind: 'invalid', span } : { kind: 'for-tuple', ...value, span }
  }
  const items = list(stream, open, ']', () => read(stream))
  const span = stream.spanFrom(open.span)
  return { kind: 'tuple', items: items.map((item) => item ?? { kind: 'invalid', span }), span }
}

/** Reads `{…}`: an object or a `for`. */
export function parseObject(stream: TokenStream, read: ReadExpression): Expression {
  const open = stream.next()
  if (stream.within(true, () => stream.isWord('for'))) {
    const value = enclosed(stream, open, '}', () => readForObject(stream, read))
    const span = stream.spanFrom(open.span)
    return value === undefined ? { kind: 'invalid', span } : { kind: 'for-object', ...value, span }
  }
  const items = stream.within(false, () => readObjectItems(stream, open, read))
  return { kind: 'object', items, span: stream.spanFrom(open.span) }
}

function readForHead(stream: TokenStream, read: ReadExpression) {
  stream.next()
  const variables = readForVariables(stream)
  const collection = read(stream)
  stream.expect(':', '`:` before the result for each element')
  return { variables, collection }
}

function readForCondition(stream: TokenStream, read: ReadExpression): { condition?: Expression } {
  if (!stream.isWord('if')) return {}
  stream.next()
  return { condition: read(stream) }
}

function readForTuple(stream: TokenStream, read: ReadExpression) {
  const head = readForHead(stream, read)
  const body = read(stream)
  if (stream.is('=>')) stream.fail('`]`', { hint: 'a for that makes `key => value` is written in { }' })
  if (stream.is('...')) stream.fail('`]`', { hint: 'grouping with ... is for a for that makes an object' })
  return { ...head, body, ...readForCondition(stream, read) }
}

function readForObject(stream: TokenStream, read: ReadExpression): Omit<ForObject, 'kind' | 'span'> {
  const head = readForHead(stream, read)
  const key = read(stream)
  stream.expect('=>', '`=>` between key and value', { hint: 'a for that makes a list is written in [ ]' })
  const body = read(stream)
  const grouped = stream.accept('...') !== undefined
  return { ...head, key, body, grouped, ...readForCondition(stream, read) }
}

function readObjectItems(stream: TokenStream, open: Token, read: ReadExpression): ObjectExpression['items'] {
  const items: ObjectExpression['items'] = []
  for (;;) {
    while (stream.accept('newline')) {
      // Skip empty lines.
    }
    if (stream.accept('}')) return items
    if (stream.is('end')) unclosedBracket(stream, open)
    const block = beginsItem(stream) && stream.tokens[stream.index + 1]!.kind !== '='
    if (block) {
      // An object cannot contain a block, so that its closing brace is missing before it.
      stream.index--
      unclosedBracket(stream, open)
    }
    try {
      items.push(readObjectItem(stream, read))
      if (stream.is('}') || stream.accept(',') || stream.accept('newline')) continue
      if (stream.is('end')) unclosedBracket(stream, open)
      stream.fail('`,`, a new line or `}`')
    } catch (error) {
      resume(stream, error)
      // Skip a separator without an item before it.
      stream.accept(',')
    }
  }
}

function readObjectItem(stream: TokenStream, read: ReadExpression): ObjectExpression['items'][number] {
  const key = literalKey(read(stream))
  if (!stream.accept('=') && !stream.accept(':')) {
    stream.fail('`=` or `:` and a value', stream.is('newline') ? { message: 'this key has no value' } : {})
  }
  try {
    return { key, value: read(stream) }
  } catch (error) {
    const value: Expression = { kind: 'invalid', span: key.span }
    resume(stream, error)
    return { key, value }
  }
}

/** Converts a bare name into a literal key: in `{ name = 1 }` it is not a variable. `null` is a name here, too. */
function literalKey(key: Expression): Expression {
  if (key.kind === 'variable') return { kind: 'literal', value: key.name, span: key.span }
  return key.kind === 'literal' && key.value === null ? { ...key, value: 'null' } : key
}

/** Skips to the separator after an error in one item, so that the others are read. */
function resume(stream: TokenStream, error: unknown): void {
  if (!(error instanceof Unreadable)) throw error
  const at = stream.tokens[stream.index]!
  if (error.wholeItem) {
    // The error ends with the line, which also ends an item here.
    if (at.kind !== 'newline' || stream.sequences > 0) throw error
    return
  }
  if (skipInBrackets(stream, '}') === 'outside') throw error
}

/** Reads the arguments of a function call. */
export function parseArguments(
  stream: TokenStream,
  read: ReadExpression,
): { arguments: Expression[]; expand: boolean; span: Span } {
  const open = stream.next()
  let expand = false
  const items = list(stream, open, ')', () => {
    const argument = read(stream)
    if (stream.accept('...')) {
      if (!stream.is(')')) stream.fail('`)`', { hint: 'only the last argument can be expanded with ...' })
      expand = true
    }
    return argument
  })
  const span = stream.spanFrom(open.span)
  return { arguments: items.map((item) => item ?? { kind: 'invalid', span }), expand, span }
}
