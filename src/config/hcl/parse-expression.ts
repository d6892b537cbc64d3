import type { BinaryOperator, Expression, Step } from './ast.js'
import { enclosed } from './brackets.js'
import { parseArguments, parseObject, parseTuple } from './parse-collection.js'
import { parseTemplate } from './parse-template.js'
import type { TokenStream } from './token-stream.js'
import type { Token } from './tokens.js'

const PRECEDENCE: Partial<Record<Token['kind'], number>> & Record<BinaryOperator, number> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
}

/** Reads an expression. @throws Unreadable after an error was reported */
export function parseExpression(stream: TokenStream): Expression {
  return stream.nested(() => {
    const condition = parseBinary(stream, 1)
    if (!stream.accept('?')) return condition
    const yes = parseExpression(stream)
    stream.expect(':', '`:` and the value for when the condition is false')
    const no = parseExpression(stream)
    return {
      kind: 'conditional',
      condition,
      whenTrue: yes,
      whenFalse: no,
      span: stream.spanFrom(condition.span),
    }
  })
}

function parseBinary(stream: TokenStream, level: number): Expression {
  let left = parseUnary(stream)
  for (;;) {
    const precedence = PRECEDENCE[stream.peek().kind]
    if (precedence === undefined || precedence < level) return left
    const operator = stream.next()
    const right = parseBinary(stream, precedence + 1)
    left = {
      kind: 'binary',
      operator: operator.kind as BinaryOperator,
      operatorSpan: operator.span,
      left,
      right,
      span: stream.spanFrom(left.span),
    }
  }
}

function parseUnary(stream: TokenStream): Expression {
  const operator = stream.accept('-') ?? stream.accept('!')
  if (operator === undefined) {
    const source = parseTerm(stream)
    const steps = parseSteps(stream, true)
    return steps.length === 0
      ? source
      : { kind: 'traversal', source, steps, span: stream.spanFrom(source.span) }
  }
  const operand = stream.nested(() => parseUnary(stream))
  return {
    kind: 'unary',
    operator: operator.kind as '-' | '!',
    operand,
    span: stream.spanFrom(operator.span),
  }
}

/**
 * Reads the steps after a value. A splat `.*` applies to the attributes that follow, `[*]` to all steps that
 * follow.
 */
function parseSteps(stream: TokenStream, brackets: boolean): Step[] {
  const steps: Step[] = []
  for (;;) {
    if (stream.is('.')) {
      steps.push(parseDot(stream, brackets))
    } else if (brackets && stream.is('[')) {
      steps.push(parseIndex(stream))
    } else {
      return steps
    }
  }
}

function parseDot(stream: TokenStream, splats: boolean): Step {
  const dot = stream.next()
  if (!splats && stream.is('*')) {
    stream.fail('the name of an attribute', { hint: 'for a splat within a splat write [*] for both' })
  }
  if (stream.accept('*')) {
    const each = stream.nested(() => parseSteps(stream, false))
    return { kind: 'splat', each, span: stream.spanFrom(dot.span) }
  }
  if (stream.is('number')) {
    const token = stream.peek()
    const digits = stream.text(token)
    if (!/^[0-9]+$/.test(digits)) {
      stream.fail('an index', {
        message: `\`.${digits}\` is not an index`,
        hint: 'write indexes in brackets: [0][1]',
      })
    }
    stream.next()
    const key: Expression = { kind: 'literal', value: Number(digits), span: token.span }
    return { kind: 'index', key, span: stream.spanFrom(dot.span) }
  }
  const name = stream.expect('identifier', 'the name of an attribute after the dot')
  return { kind: 'attribute', name: stream.text(name), span: stream.spanFrom(dot.span) }
}

function parseIndex(stream: TokenStream): Step {
  const open = stream.next()
  const key = enclosed(stream, open, ']', () =>
    stream.accept('*') ? ('*' as const) : parseExpression(stream),
  )
  const span = stream.spanFrom(open.span)
  if (key !== '*') return { kind: 'index', key: key ?? { kind: 'invalid', span }, span }
  const each = stream.nested(() => parseSteps(stream, true))
  return { kind: 'splat', each, span: stream.spanFrom(open.span) }
}

function parseTerm(stream: TokenStream): Expression {
  const token = stream.peek()
  switch (token.kind) {
    case 'number':
      return parseNumber(stream)
    case 'identifier':
      return parseName(stream)
    case 'quote':
    case 'heredoc':
      return parseTemplate(stream, parseExpression)
    case '[':
      return parseTuple(stream, parseExpression)
    case '{':
      return parseObject(stream, parseExpression)
    case '(': {
      stream.next()
      const expression = enclosed(stream, token, ')', () => parseExpression(stream))
      const span = stream.spanFrom(token.span)
      return expression === undefined ? { kind: 'invalid', span } : { kind: 'parentheses', expression, span }
    }
    default:
      return stream.fail('an expression', { message: 'missing expression' })
  }
}

function parseNumber(stream: TokenStream): Expression {
  const token = stream.next()
  const text = stream.text(token)
  const value = Number(text)
  if (!Number.isFinite(value)) {
    const tooLarge = !Number.isNaN(value)
    stream.report(token.span, {
      message: tooLarge ? 'this number is too large' : 'invalid number',
      found: `\`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``,
    })
    return { kind: 'invalid', span: token.span }
  }
  if (/^[0-9]+$/.test(text) && !Number.isSafeInteger(value)) {
    stream.report(token.span, {
      severity: 'warning',
      message: `this number is too large to be exact: it becomes ${value}`,
      hint: 'write it as a string to keep every digit',
    })
  }
  return { kind: 'literal', value, span: token.span }
}

const CONSTANTS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
])

function parseName(stream: TokenStream): Expression {
  const token = stream.next()
  let name = stream.text(token)
  let last = token.span
  let qualified = false
  while (stream.accept('::')) {
    const part = stream.expect('identifier', 'the name of a function')
    name += `::${stream.text(part)}`
    last = part.span
    qualified = true
  }
  if (qualified && !stream.is('(')) stream.fail('`(` and the arguments of the function')
  if (stream.is('(')) {
    const nameSpan = { ...token.span, end: last.end }
    const { arguments: list, expand } = parseArguments(stream, parseExpression)
    return { kind: 'call', name, nameSpan, arguments: list, expand, span: stream.spanFrom(token.span) }
  }
  const constant = CONSTANTS.get(name)
  if (constant !== undefined) return { kind: 'literal', value: constant, span: token.span }
  return { kind: 'variable', name, span: token.span }
}
