import type { Ast, ObjectEntry } from './ast.js'
import { IDENTITY } from './ast.js'
import type { Grammar } from './grammar.js'
import { constantKey } from './keys.js'
import { parseString } from './strings.js'
import type { Tokens } from './tokens.js'
import { variable } from './variables.js'

/** After `{`: `name`, `$name`, `"text"`, each with `: value` or without, and `(filter): value`. @throws JqSyntaxError */
export function parseObject(tokens: Tokens, grammar: Grammar): Ast {
  const entries: ObjectEntry[] = []
  while (!tokens.take('operator', '}')) {
    if (entries.length > 0) {
      tokens.expect('operator', ',')
      // A last comma is not an entry.
      if (tokens.is('operator', '}')) throw tokens.unexpected('a key')
    }
    entries.push(parseEntry(tokens, grammar))
  }
  return { kind: 'object', entries }
}

function parseEntry(tokens: Tokens, grammar: Grammar): ObjectEntry {
  const { kind, text, offset } = tokens.peek
  if (kind === 'variable') {
    tokens.next()
    const value = variable(tokens, text, offset)
    if (tokens.take('operator', ':')) return { key: value, value: parseValue(tokens, grammar) }
    return { key: { kind: 'literal', value: text }, value }
  }
  if (tokens.take('operator', '(')) {
    const key = constantKey(grammar.pipe(tokens), offset)
    tokens.expect('operator', ')')
    tokens.expect('operator', ':')
    return { key, value: parseValue(tokens, grammar) }
  }
  const key = parseKey(tokens, grammar)
  if (tokens.take('operator', ':')) return { key, value: parseValue(tokens, grammar) }
  return { key, value: { kind: 'index', of: IDENTITY, key } }
}

function parseKey(tokens: Tokens, grammar: Grammar): Ast {
  if (tokens.is('string')) return parseString(tokens, grammar, 'text')
  if (tokens.is('format')) return parseString(tokens, grammar, tokens.next().text)
  return { kind: 'literal', value: tokens.expectWord().text }
}

/** Expressions joined by `|`; a `,` ends the entry. */
function parseValue(tokens: Tokens, grammar: Grammar): Ast {
  return tokens.nested(() => {
    const left = grammar.expression(tokens)
    return tokens.take('operator', '|') ? { kind: 'pipe', left, right: parseValue(tokens, grammar) } : left
  })
}
