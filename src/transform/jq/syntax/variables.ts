import type { Ast } from './ast.js'
import type { Tokens } from './tokens.js'

/** `$name`; `$__loc__` is its own place in the query. */
export function variable(tokens: Tokens, name: string, offset: number): Ast {
  if (name !== '__loc__') return { kind: 'variable', name, offset }
  return { kind: 'literal', value: { file: '<top-level>', line: tokens.lineAt(offset) } }
}
