import { JqSyntaxError } from '../errors.js'
import type { Ast } from './ast.js'
import { IDENTITY } from './ast.js'
import type { Grammar } from './grammar.js'
import { parseObject } from './objects.js'
import { parsePatterns } from './patterns.js'
import { parseString, textOf } from './strings.js'
import type { Tokens } from './tokens.js'
import { variable } from './variables.js'

/** A term, which may have a sign. @throws JqSyntaxError */
export function parseSigned(tokens: Tokens, grammar: Grammar): Ast {
  if (!tokens.take('operator', '-')) return parseTerm(tokens, grammar)
  return { kind: 'negate', of: tokens.nested(() => parseSigned(tokens, grammar)) }
}

/** A term with its suffixes: `.a`, `[…]`, `?`. */
function parseTerm(tokens: Tokens, grammar: Grammar): Ast {
  return tokens.nested(() => {
    let term = parsePrimary(tokens, grammar)
    for (;;) {
      const next = parseSuffix(tokens, grammar, term)
      if (next === undefined) return term
      term = next
    }
  })
}

function parsePrimary(tokens: Tokens, grammar: Grammar): Ast {
  const token = tokens.next()
  switch (token.kind) {
    case 'number':
      return { kind: 'literal', value: Number(token.text) }
    case 'field':
      return at(IDENTITY, { kind: 'literal', value: token.text })
    case 'variable':
      return variable(tokens, token.text, token.offset)
    case 'format':
      if (tokens.peek.kind === 'string') return parseString(tokens, grammar, token.text)
      return { kind: 'format', name: token.text }
    case 'name':
      return parseCall(tokens, grammar, token.text, token.offset)
    case 'keyword':
      return parseKeyword(tokens, grammar, token.text, token.offset)
    case 'operator':
      return parseOpening(tokens, grammar, token.text, token.offset)
    case 'string':
      return textOf(tokens, grammar, token, 'text')
    default:
      throw new JqSyntaxError('found the end, expected a filter', token.offset)
  }
}

function at(of: Ast, key: Ast): Ast {
  return { kind: 'index', of, key }
}

function parseOpening(tokens: Tokens, grammar: Grammar, operator: string, offset: number): Ast {
  switch (operator) {
    case '.':
      return tokens.peek.kind === 'string' ? at(IDENTITY, parseString(tokens, grammar, 'text')) : IDENTITY
    case '..':
      return { kind: 'recurse' }
    case '(': {
      const inner = grammar.pipe(tokens)
      tokens.expect('operator', ')')
      return tokens.is('operator', '?') ? { kind: 'pipe', left: IDENTITY, right: inner } : inner
    }
    case '[': {
      if (tokens.take('operator', ']')) return { kind: 'array', items: undefined }
      const items = grammar.pipe(tokens)
      tokens.expect('operator', ']')
      return { kind: 'array', items }
    }
    case '{':
      return parseObject(tokens, grammar)
    default:
      throw new JqSyntaxError(`found ${JSON.stringify(operator)}, expected a filter`, offset)
  }
}

function parseCall(tokens: Tokens, grammar: Grammar, name: string, offset: number): Ast {
  const args: Ast[] = []
  if (tokens.take('operator', '('))
    do args.push(grammar.pipe(tokens))
    while (!tokens.endsList())
  if (name === 'break' && args.length === 0)
    return { kind: 'break', name: tokens.expect('variable').text, offset }
  if (args.length === 0) {
    if (name === 'null') return { kind: 'literal', value: null }
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' }
  }
  return { kind: 'call', name, args, offset }
}

function parseKeyword(tokens: Tokens, grammar: Grammar, keyword: string, offset: number): Ast {
  switch (keyword) {
    case 'if':
      return parseIf(tokens, grammar)
    case 'try': {
      const body = parseSigned(tokens, grammar)
      return {
        kind: 'try',
        body,
        handler: tokens.take('keyword', 'catch') ? parseSigned(tokens, grammar) : undefined,
      }
    }
    case 'reduce':
    case 'foreach':
      return parseFold(tokens, grammar, keyword)
    default:
      throw new JqSyntaxError(`found ${JSON.stringify(keyword)}, expected a filter`, offset)
  }
}

function parseIf(tokens: Tokens, grammar: Grammar): Ast {
  const condition = grammar.pipe(tokens)
  tokens.expect('keyword', 'then')
  const then = grammar.pipe(tokens)
  if (tokens.take('keyword', 'elif'))
    return { kind: 'if', condition, then, otherwise: parseIf(tokens, grammar) }
  const otherwise = tokens.take('keyword', 'else') ? grammar.pipe(tokens) : IDENTITY
  tokens.expect('keyword', 'end')
  return { kind: 'if', condition, then, otherwise }
}

function parseFold(tokens: Tokens, grammar: Grammar, kind: 'reduce' | 'foreach'): Ast {
  const source = grammar.expression(tokens)
  const patterns = parsePatterns(tokens, grammar)
  tokens.expect('operator', '(')
  const start = grammar.pipe(tokens)
  tokens.expect('operator', ';')
  const update = grammar.pipe(tokens)
  const extract = kind === 'foreach' && tokens.take('operator', ';') ? grammar.pipe(tokens) : undefined
  tokens.expect('operator', ')')
  return kind === 'reduce'
    ? { kind, source, patterns, start, update }
    : { kind, source, patterns, start, update, extract }
}

function parseSuffix(tokens: Tokens, grammar: Grammar, term: Ast): Ast | undefined {
  if (tokens.peek.kind === 'field') return at(term, { kind: 'literal', value: tokens.next().text })
  if (tokens.take('operator', '?'))
    return (term.kind === 'index' || term.kind === 'slice' || term.kind === 'iterate') && !term.isOptional
      ? { ...term, isOptional: true }
      : { kind: 'try', body: term, handler: undefined }
  if (tokens.is('operator', '.')) {
    tokens.next()
    if (tokens.peek.kind === 'string') return at(term, parseString(tokens, grammar, 'text'))
    tokens.expect('operator', '[')
    return parseBrackets(tokens, grammar, term)
  }
  if (tokens.take('operator', '[')) return parseBrackets(tokens, grammar, term)
  return undefined
}

/** Parses the rest after `[`: `]` iterates, a filter is a key, and `:` makes a slice. */
function parseBrackets(tokens: Tokens, grammar: Grammar, of: Ast): Ast {
  if (tokens.take('operator', ']')) return { kind: 'iterate', of }
  if (tokens.take('operator', ':')) {
    const to = grammar.pipe(tokens)
    tokens.expect('operator', ']')
    return { kind: 'slice', of, from: undefined, to }
  }
  const key = grammar.pipe(tokens)
  if (!tokens.take('operator', ':')) {
    tokens.expect('operator', ']')
    return at(of, key)
  }
  const to = tokens.is('operator', ']') ? undefined : grammar.pipe(tokens)
  tokens.expect('operator', ']')
  return { kind: 'slice', of, from: key, to }
}
