import type { Pattern, PatternEntry } from './ast.js'
import type { Grammar } from './grammar.js'
import { constantKey } from './keys.js'
import { parseString } from './strings.js'
import type { Tokens } from './tokens.js'

/** `as pattern ?// pattern …`. @throws JqSyntaxError */
export function parsePatterns(tokens: Tokens, grammar: Grammar): readonly Pattern[] {
  tokens.expect('keyword', 'as')
  const patterns = [parsePattern(tokens, grammar)]
  while (tokens.take('operator', '?//')) patterns.push(parsePattern(tokens, grammar))
  return patterns
}

/** `$name`, `[pattern, …]`, `{key: pattern, …}` */
function parsePattern(tokens: Tokens, grammar: Grammar): Pattern {
  return tokens.nested(() => {
    if (tokens.peek.kind === 'variable') return { kind: 'variable', name: tokens.next().text }
    if (tokens.take('operator', '['))
      return { kind: 'array', items: list(tokens, grammar, ']', parsePattern) }
    if (tokens.take('operator', '{'))
      return { kind: 'object', entries: list(tokens, grammar, '}', parseEntry) }
    throw tokens.unexpected('a $variable, [ or {')
  })
}

function list<T>(
  tokens: Tokens,
  grammar: Grammar,
  close: string,
  read: (tokens: Tokens, grammar: Grammar) => T,
): readonly T[] {
  const items = [read(tokens, grammar)]
  while (tokens.take('operator', ',')) items.push(read(tokens, grammar))
  tokens.expect('operator', close)
  return items
}

function parseEntry(tokens: Tokens, grammar: Grammar): PatternEntry {
  if (tokens.peek.kind === 'variable') {
    const variable = tokens.next().text
    const pattern = tokens.take('operator', ':') ? parsePattern(tokens, grammar) : undefined
    return { key: { kind: 'literal', value: variable }, variable, pattern }
  }
  const key = parseKey(tokens, grammar)
  tokens.expect('operator', ':')
  return { key, variable: undefined, pattern: parsePattern(tokens, grammar) }
}

function parseKey(tokens: Tokens, grammar: Grammar): PatternEntry['key'] {
  if (tokens.take('operator', '(')) {
    const key = constantKey(grammar.pipe(tokens), tokens.peek.offset)
    tokens.expect('operator', ')')
    return key
  }
  if (tokens.peek.kind === 'string') return parseString(tokens, grammar, 'text')
  return { kind: 'literal', value: tokens.expectWord().text }
}
