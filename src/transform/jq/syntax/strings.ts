import type { Ast } from './ast.js'
import type { Grammar } from './grammar.js'
import type { Token } from './lexer.js'
import type { Tokens } from './tokens.js'

/** Parses a string and the filters in it. @param format the format in which their values are inserted */
export function parseString(tokens: Tokens, grammar: Grammar, format: string): Ast {
  return textOf(tokens, grammar, tokens.expect('string'), format)
}

/** Returns the string of a token. */
export function textOf(tokens: Tokens, grammar: Grammar, token: Token, format: string): Ast {
  if (token.kind !== 'string') throw tokens.unexpected('a string')
  if (token.parts.length === 1) return { kind: 'literal', value: token.text }
  const parts = token.parts.map((part) => {
    if (typeof part === 'string') return part
    const inner = tokens.within(part)
    const ast = grammar.pipe(inner)
    inner.expectEnd()
    return ast
  })
  return { kind: 'text', format, parts: parts.filter((part) => part !== '') }
}
