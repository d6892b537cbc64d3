import type { Conditional, Expression } from './ast.js'
import { toBoolean } from './convert.js'
import type { Evaluation } from './evaluation.js'
import { namesExist } from './names-exist.js'
import { ANY, convertTo, type HclType, typeOf } from './types.js'
import { describeMismatch, unify } from './unify.js'
import { isLate, LATE, type Outcome } from './values.js'

/** Evaluates `condition ? a : b`. Both results must have a common type, to which the chosen one is converted. */
export function evaluateConditional(evaluation: Evaluation, node: Conditional): Outcome {
  const value = evaluation.value(node.condition)
  const known = value === undefined || value === LATE ? value : toBoolean(value)
  if (known === true) return take(evaluation, node, node.whenTrue, node.whenFalse)
  if (known === false) return take(evaluation, node, node.whenFalse, node.whenTrue)
  const sound = [node.whenTrue, node.whenFalse].map((branch) => namesExist(evaluation, branch))
  if (value === LATE) {
    const types = [node.whenTrue, node.whenFalse].map((branch) => quietType(evaluation, branch))
    const type = commonType(evaluation, node, types[0]!, types[1]!)
    return sound.includes(false) || type === undefined ? undefined : LATE
  }
  if (value === undefined) return undefined
  return evaluation.fault(node.condition.span, {
    message: 'the condition must be a boolean',
    expected: 'true or false',
    found: evaluation.found(node.condition, value),
  })
}

function take(evaluation: Evaluation, node: Conditional, taken: Expression, other: Expression): Outcome {
  const sound = namesExist(evaluation, other)
  const outcome = evaluation.raw(taken)
  // A reference is kept unless its value is known and must be converted.
  const value = evaluation.settle(outcome)
  if (!sound || value === undefined) return undefined
  const takenType = value === LATE ? ANY : typeOf(value)
  const otherType = quietType(evaluation, other)
  const [first, second] = taken === node.whenTrue ? [takenType, otherType] : [otherType, takenType]
  const type = commonType(evaluation, node, first, second)
  if (type === undefined) return undefined
  return value === LATE || type === takenType ? outcome : convertTo(value, type)
}

/** Returns the type of a result that may not be chosen. Errors in its value are not reported. */
function quietType(evaluation: Evaluation, branch: Expression): HclType {
  const value = evaluation.quietly().value(branch)
  return value === undefined || value === LATE || isLate(value) ? ANY : typeOf(value)
}

function commonType(
  evaluation: Evaluation,
  node: Conditional,
  whenTrue: HclType,
  whenFalse: HclType,
): HclType | undefined {
  if (whenTrue.kind === 'any' || whenFalse.kind === 'any') return ANY
  const type = unify([whenTrue, whenFalse])
  if (type !== undefined) return type
  const { source, start } = node.whenTrue.span
  return evaluation.fault(
    { source, start, end: node.whenFalse.span.end },
    {
      message: 'the two results of this conditional have different types',
      expected: 'results of one type',
      found: describeMismatch(whenTrue, whenFalse),
    },
  )
}
