import type { Ast } from './ast.js'
import type { Tokens } from './tokens.js'

/**
 * The recursive rules of the grammar. Passed as an object, so that the files of the other rules do not import each
 * other.
 */
export interface Grammar {
  /** A whole filter. */
  pipe(tokens: Tokens): Ast
  /** Terms and operators, without `,` and `|`. */
  expression(tokens: Tokens): Ast
}
