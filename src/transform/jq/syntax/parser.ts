import { ModulesUsed } from '../errors.js'
import type { ArithmeticOperator } from '../values/arithmetic.js'
import type { AssignmentOperator, Ast, ComparisonOperator, Definition } from './ast.js'
import { IDENTITY } from './ast.js'
import type { Grammar } from './grammar.js'
import { parsePatterns } from './patterns.js'
import { parseSigned } from './terms.js'
import { Tokens } from './tokens.js'

const GRAMMAR: Grammar = { pipe: parsePipe, expression: parseExpression }

/** @throws JqSyntaxError, ModulesUsed */
export function parse(source: string): Ast {
  const tokens = Tokens.of(source)
  refuseModules(tokens)
  if (tokens.peek.kind === 'end') return IDENTITY
  const ast = parsePipe(tokens)
  tokens.expectEnd()
  return ast
}

/** The definitions of a text that has nothing else. */
export function parseDefinitions(source: string): readonly Definition[] {
  const tokens = Tokens.of(source)
  const definitions: Definition[] = []
  while (tokens.peek.kind !== 'end') definitions.push(parseDefinition(tokens))
  return definitions
}

function refuseModules(tokens: Tokens): void {
  for (const word of ['import', 'include', 'module'])
    if (tokens.is('keyword', word)) throw new ModulesUsed(`the module directive "${word}"`)
}

/** Filters joined by `|`, which binds most weakly. `def`, `label` and `as` take all that follows them. */
function parsePipe(tokens: Tokens): Ast {
  return tokens.nested(() => {
    const left = parseComma(tokens)
    return tokens.take('operator', '|') ? { kind: 'pipe', left, right: parsePipe(tokens) } : left
  })
}

function parseComma(tokens: Tokens): Ast {
  let left = parseItem(tokens)
  while (tokens.take('operator', ',')) left = { kind: 'comma', left, right: parseItem(tokens) }
  return left
}

function parseItem(tokens: Tokens): Ast {
  if (tokens.is('keyword', 'def')) {
    const definition = parseDefinition(tokens)
    const atEnd = tokens.peek.kind === 'end' || tokens.is('operator', ')')
    return { kind: 'define', definition, rest: atEnd ? IDENTITY : parsePipe(tokens) }
  }
  if (tokens.take('keyword', 'label')) {
    const name = tokens.expect('variable').text
    tokens.expect('operator', '|')
    return { kind: 'label', name, body: parsePipe(tokens) }
  }
  const source = parseExpression(tokens)
  if (!tokens.is('keyword', 'as')) return source
  const patterns = parsePatterns(tokens, GRAMMAR)
  tokens.expect('operator', '|')
  return { kind: 'as', source, patterns, body: parsePipe(tokens) }
}

function parseDefinition(tokens: Tokens): Definition {
  tokens.expect('keyword', 'def')
  const name = tokens.expectWord().text
  const parameters: string[] = []
  if (tokens.take('operator', '('))
    do parameters.push(parseParameter(tokens))
    while (!tokens.endsList())
  tokens.expect('operator', ':')
  const body = parsePipe(tokens)
  tokens.expect('operator', ';')
  return { name, parameters, body }
}

function parseParameter(tokens: Tokens): string {
  return tokens.peek.kind === 'variable' ? `$${tokens.next().text}` : tokens.expectWord().text
}

interface Level {
  readonly operators: readonly string[]
  readonly associates: 'left' | 'right' | 'none'
}

const LEVELS: readonly Level[] = [
  { operators: ['//'], associates: 'right' },
  { operators: ['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='], associates: 'none' },
  { operators: ['or'], associates: 'left' },
  { operators: ['and'], associates: 'left' },
  { operators: ['==', '!=', '<', '<=', '>', '>='], associates: 'none' },
  { operators: ['+', '-'], associates: 'left' },
  { operators: ['*', '/', '%'], associates: 'left' },
]

/** Terms and operators, without `,` and `|`. */
function parseExpression(tokens: Tokens): Ast {
  return parseOperators(tokens, 0)
}

/** Operators of `LEVELS[level]` and of those that bind more tightly. */
function parseOperators(tokens: Tokens, level: number): Ast {
  const rules = LEVELS[level]
  if (rules === undefined) return parseSigned(tokens, GRAMMAR)
  let left = parseOperators(tokens, level + 1)
  while (tokens.isOperator(rules.operators)) {
    const { text } = tokens.next()
    const right = parseOperators(tokens, rules.associates === 'right' ? level : level + 1)
    left = combined(text, left, right)
    if (rules.associates === 'none' && tokens.isOperator(rules.operators))
      throw tokens.unexpected('parentheses')
  }
  return left
}

function combined(operator: string, left: Ast, right: Ast): Ast {
  switch (operator) {
    case '//':
      return { kind: 'alternative', left, right }
    case 'and':
    case 'or':
      return { kind: operator, left, right }
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return { kind: 'arithmetic', operator: operator as ArithmeticOperator, left, right }
  }
  if (operator === '=' || (operator.endsWith('=') && !/^(?:==|!=|<=|>=)$/.test(operator)))
    return { kind: 'assign', operator: operator as AssignmentOperator, paths: left, value: right }
  return { kind: 'comparison', operator: operator as ComparisonOperator, left, right }
}
