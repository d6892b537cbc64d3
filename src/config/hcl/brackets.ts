import { beginsItem, skipInBrackets } from './recovery.js'
import { type TokenStream, Unreadable } from './token-stream.js'
import type { Token, TokenKind } from './tokens.js'

/** Reports an unclosed bracket and abandons its argument. */
export function unclosedBracket(stream: TokenStream, open: Token): never {
  stream.report(open.span, { message: `this \`${open.kind}\` is not closed` })
  throw new Unreadable(true)
}

/**
 * Reads one item and the closing bracket. After an error inside, continues behind the bracket and returns
 * `undefined`.
 */
export function enclosed<T>(
  stream: TokenStream,
  open: Token,
  closer: TokenKind,
  read: () => T,
): T | undefined {
  return stream.within(true, () => {
    try {
      missingBracket(stream, open, closer)
      const value = read()
      if (stream.is('end')) unclosedBracket(stream, open)
      stream.expect(closer, `\`${closer}\``, { hint: closerHint(open) })
      return value
    } catch (error) {
      leaveItem(error)
      let stop = skipInBrackets(stream, closer)
      for (; stop === 'separator'; stop = skipInBrackets(stream, closer)) stream.index++
      if (stop !== 'closer') throw new Unreadable(stop === 'item')
      stream.next()
      return undefined
    }
  })
}

/** Reads items separated by commas and the closing bracket. An error in one item does not affect the others. */
export function list<T>(
  stream: TokenStream,
  open: Token,
  closer: TokenKind,
  read: () => T,
): (T | undefined)[] {
  const items: (T | undefined)[] = []
  stream.within(true, () => {
    while (!stream.accept(closer)) {
      if (stream.is('end')) unclosedBracket(stream, open)
      missingBracket(stream, open, closer)
      try {
        items.push(read())
        if (stream.is(closer) || stream.accept(',')) continue
        if (stream.is('end')) unclosedBracket(stream, open)
        stream.fail(`\`,\` or \`${closer}\``, { hint: closerHint(open) })
      } catch (error) {
        leaveItem(error)
        items.push(undefined)
        const stop = skipInBrackets(stream, closer)
        if (stop === 'separator') stream.index++
        else if (stop !== 'closer') throw new Unreadable(stop === 'item')
      }
    }
  })
  return items
}

/** Reports a missing closing bracket if the next argument begins here. */
function missingBracket(stream: TokenStream, open: Token, closer: TokenKind): void {
  stream.peek()
  if (closer === '}' || !beginsItem(stream)) return
  stream.reportUnexpected(`\`${closer}\``, { hint: closerHint(open) })
  stream.index--
  throw new Unreadable(true)
}

function leaveItem(error: unknown): void {
  if (!(error instanceof Unreadable)) throw error
  if (error.wholeItem) throw error
}

function closerHint(open: Token): string {
  const line = open.span.source.position(open.span.start).line
  return `the \`${open.kind}\` of line ${line} may not be closed`
}
