import type { Expression, ObjectExpression } from './ast.js'
import { evaluateCall } from './call.js'
import { evaluateConditional } from './conditional.js'
import { toText } from './convert.js'
import type { Diagnostics } from './diagnostics.js'
import { Evaluation } from './evaluation.js'
import { evaluateForObject, evaluateForTuple, impossibleKey } from './loops.js'
import { evaluateBinary, evaluateUnary } from './operators.js'
import { chain } from './scope.js'
import { evaluateTemplate } from './template.js'
import { evaluateTraversal, evaluateVariable } from './traversal.js'
import type { Scope } from './values.js'
import {
  Deferred,
  type HclObject,
  type HclValue,
  isLate,
  isObject,
  LATE,
  type Outcome,
  setKey,
} from './values.js'

/**
 * Evaluates an expression. Errors go to the diagnostics and make the result `undefined`; it never throws. A path
 * into a value known at run time becomes a `Reference`, an expression that contains such a path a `Deferred`.
 */
export function evaluate(
  expression: Expression,
  scope: Scope,
  diagnostics: Diagnostics,
): HclValue | undefined {
  const evaluation = Evaluation.of(scope, diagnostics, dispatch)
  const outcome = attempt(evaluation, expression)
  if (outcome === LATE) {
    return new Deferred(expression, (inner, later) => evaluate(expression, chain(inner, scope), later))
  }
  if (!isLate(outcome)) return outcome
  const settled = evaluation.settle(outcome)
  return settled === LATE ? outcome : settled
}

/**
 * Evaluates references and deferred expressions, also inside lists and objects. Values that are still unknown are
 * kept.
 */
export function resolve(value: HclValue, scope: Scope, diagnostics: Diagnostics): HclValue | undefined {
  if (isLate(value)) {
    const settled = Evaluation.of(scope, diagnostics, dispatch).settle(value)
    return settled === LATE ? value : settled
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => resolve(item, scope, diagnostics))
    return items.includes(undefined) ? undefined : (items as HclValue[])
  }
  if (!isObject(value)) return value
  const object: HclObject = {}
  let complete = true
  for (const [key, item] of Object.entries(value)) {
    const resolved = resolve(item, scope, diagnostics)
    if (resolved === undefined) complete = false
    else setKey(object, key, resolved)
  }
  return complete ? object : undefined
}

function attempt(evaluation: Evaluation, expression: Expression): Outcome {
  try {
    return evaluation.raw(expression)
  } catch (error) {
    // Values from outside may be nested deeper than the call stack allows.
    if (!(error instanceof RangeError)) throw error
    return evaluation.fault(expression.span, {
      message: 'the values of this expression are too large or too deep',
    })
  }
}

function dispatch(evaluation: Evaluation, node: Expression): Outcome {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'template':
      return evaluateTemplate(evaluation, node)
    case 'variable':
      return evaluateVariable(evaluation, node)
    case 'traversal':
      return evaluateTraversal(evaluation, node)
    case 'call':
      return evaluateCall(evaluation, node)
    case 'conditional':
      return evaluateConditional(evaluation, node)
    case 'unary':
      return evaluateUnary(evaluation, node)
    case 'binary':
      return evaluateBinary(evaluation, node)
    case 'tuple':
      return evaluation.values(node.items)
    case 'object':
      return evaluateObject(evaluation, node)
    case 'for-tuple':
      return evaluateForTuple(evaluation, node)
    case 'for-object':
      return evaluateForObject(evaluation, node)
    case 'parentheses':
      return evaluation.raw(node.expression)
    case 'invalid':
      // The parser has reported the invalid expression.
      return undefined
  }
}

function evaluateObject(evaluation: Evaluation, node: ObjectExpression): Outcome {
  const object: HclObject = {}
  let faulty = false
  let late = false
  for (const item of node.items) {
    const key =
      item.key.kind === 'traversal' ? ambiguousKey(evaluation, item.key) : evaluation.value(item.key)
    const value = evaluation.value(item.value)
    const name = key === undefined || key === LATE ? undefined : toText(key)
    if (key !== undefined && key !== LATE && name === undefined) {
      impossibleKey(evaluation, item.key, key)
    }
    late ||= key === LATE || value === LATE
    if (value === undefined || (name === undefined && key !== LATE)) faulty = true
    else if (name !== undefined && value !== LATE) setKey(object, name, value)
  }
  if (faulty) return undefined
  return late ? LATE : object
}

function ambiguousKey(evaluation: Evaluation, key: Expression): undefined {
  return evaluation.fault(key.span, {
    message: 'ambiguous key: a name or an expression',
    hint: 'put a name in quotes, an expression in parentheses',
  })
}
