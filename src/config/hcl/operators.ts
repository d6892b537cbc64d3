// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the hints show the language

import type { Binary, BinaryOperator, Expression, Unary } from './ast.js'
import { toBoolean, toNumber } from './convert.js'
import type { Evaluation } from './evaluation.js'
import { namesExist } from './names-exist.js'
import { equal, type HclValue, LATE, type Outcome } from './values.js'

/** Evaluates `-x` and `!x`. */
export function evaluateUnary(evaluation: Evaluation, node: Unary): Outcome {
  const value = evaluation.value(node.operand)
  if (value === undefined || value === LATE) return value
  if (node.operator === '!') {
    const boolean = operand(evaluation, node.operand, value, '!', toBoolean, 'true or false')
    return boolean === undefined ? undefined : !boolean
  }
  const number = operand(evaluation, node.operand, value, '-', toNumber, 'a number')
  // The language has no minus zero.
  return number === undefined ? undefined : 0 - number
}

/** Evaluates a binary operator. A chain such as `a + b + c` is evaluated in a loop, whatever its length. */
export function evaluateBinary(evaluation: Evaluation, node: Binary): Outcome {
  const chain = [node]
  for (let left = node.left; left.kind === 'binary'; left = left.left) chain.push(left)
  let value = evaluation.value(chain.at(-1)!.left)
  for (const link of chain.reverse()) value = apply(evaluation, link, value)
  return value
}

function apply(evaluation: Evaluation, node: Binary, left: Outcome): Outcome {
  if (node.operator === '&&' || node.operator === '||') return logical(evaluation, node, left)
  const right = evaluation.value(node.right)
  if (left === undefined || right === undefined) return undefined
  if (left === LATE || right === LATE) return LATE
  if (node.operator === '==') return equal(left, right)
  if (node.operator === '!=') return !equal(left, right)
  const a = operand(evaluation, node.left, left, node.operator, toNumber, 'a number')
  const b = operand(evaluation, node.right, right, node.operator, toNumber, 'a number')
  return a === undefined || b === undefined ? undefined : compute(evaluation, node, node.operator, a, b)
}

/** Evaluates `&&` and `||`. The right operand counts only if the left one does not decide. */
function logical(evaluation: Evaluation, node: Binary, left: Outcome): Outcome {
  const decisive = node.operator === '||'
  const known = left === undefined || left === LATE ? left : boolean(evaluation, node, node.left, left)
  if (known === decisive) return isSound(evaluation, node) ? decisive : undefined
  const value = evaluation.value(node.right)
  const right = value === undefined || value === LATE ? value : boolean(evaluation, node, node.right, value)
  if (known === undefined || right === undefined) return undefined
  if (known === LATE) return right === decisive ? decisive : LATE
  return right
}

/** Checks the names and the type of a right operand that does not count, but not its value. */
function isSound(evaluation: Evaluation, node: Binary): boolean {
  if (!namesExist(evaluation, node.right)) return false
  const value = evaluation.quietly().value(node.right)
  if (value === undefined || value === LATE || value === null) return true
  return boolean(evaluation, node, node.right, value) !== undefined
}

function boolean(
  evaluation: Evaluation,
  node: Binary,
  side: Expression,
  value: HclValue,
): boolean | undefined {
  return operand(evaluation, side, value, node.operator, toBoolean, 'true or false')
}

function operand<T>(
  evaluation: Evaluation,
  node: Expression,
  value: HclValue,
  operator: string,
  convert: (value: HclValue) => T | undefined,
  expected: string,
): T | undefined {
  const converted = convert(value)
  if (converted !== undefined) return converted
  const hint = operator === '+' ? { hint: 'join strings with a template: "${a}${b}"' } : {}
  return evaluation.fault(node.span, {
    message: `wrong operand for \`${operator}\``,
    expected,
    found: evaluation.found(node, value),
    ...(typeof value === 'string' ? hint : {}),
  })
}

function compute(
  evaluation: Evaluation,
  node: Binary,
  operator: BinaryOperator,
  a: number,
  b: number,
): Outcome {
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '/':
    case '%':
      if (b === 0) return evaluation.fault(node.right.span, { message: 'division by zero' })
      return finite(evaluation, node, operator === '/' ? a / b : a % b)
    case '+':
      return finite(evaluation, node, a + b)
    case '-':
      return finite(evaluation, node, a - b)
    default:
      return finite(evaluation, node, a * b)
  }
}

function finite(evaluation: Evaluation, node: Binary, result: number): Outcome {
  if (Number.isFinite(result)) return result === 0 ? 0 : result
  return evaluation.fault(node.span, { message: 'the result of this calculation is too large' })
}
