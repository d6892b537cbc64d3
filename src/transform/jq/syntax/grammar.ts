import type { Ast } from './ast.js'
import type { Tokens } from './tokens.js'

/** The rules that parts of a filter come back to, so that the files of the parts need not know each other. */
export interface Grammar {
  /** A whole filter. */
  pipe(tokens: Tokens): Ast
  /** Terms and operators, without `,` and `|`. */
  expression(tokens: Tokens): Ast
}
