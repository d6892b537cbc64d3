import type { NoteFile } from '../../core/note-file.js'
import type { Body, Expression } from './ast.js'
import type { Diagnostics } from './diagnostics.js'
import { tokenize } from './lexer.js'
import { parseBody } from './parse-body.js'
import { parseExpression as readExpression } from './parse-expression.js'
import { Source } from './source.js'
import { TokenStream, Unreadable } from './token-stream.js'

/**
 * Parses a file. Always returns a body; errors go to the diagnostics, and unreadable parts are omitted or marked as
 * invalid.
 * @param noteFile called with each file that the text refers to
 */
export function parse(text: string, file: string, diagnostics: Diagnostics, noteFile?: NoteFile): Body {
  return parseStream(new TokenStream(tokenize(new Source(file, text, noteFile)), diagnostics))
}

/** Like `parse`, for a token stream, which counts the steps. */
export function parseStream(stream: TokenStream): Body {
  return parseBody(stream, 'end', readExpression)
}

/** Parses a text that is a single expression, as on the command line. */
export function parseExpression(text: string, file: string, diagnostics: Diagnostics): Expression {
  const source = new Source(file, text)
  const stream = new TokenStream(tokenize(source), diagnostics)
  try {
    stream.skipNewlines = true
    const expression = readExpression(stream)
    if (!stream.is('end')) stream.fail('the end of the expression')
    return expression
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { kind: 'invalid', span: { source, start: 0, end: text.length } }
  }
}
