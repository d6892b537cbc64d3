import type { Expression, ForObject, ForTuple, ForVariables } from './ast.js'
import { toBoolean, toText } from './convert.js'
import { type Evaluation, isSensitive } from './evaluation.js'
import { SensitivePaths } from './sensitive-paths.js'
import {
  entries,
  getKey,
  type HclObject,
  type HclValue,
  isObject,
  LATE,
  type Outcome,
  setKey,
} from './values.js'

interface Loop {
  readonly variables: ForVariables
  readonly collection: Expression
}

/**
 * Returns one evaluation per element, with the names of the loop bound. Lists keep their order; objects are
 * iterated by sorted keys.
 */
export function rounds(evaluation: Evaluation, loop: Loop): Evaluation[] | undefined | typeof LATE {
  const value = evaluation.value(loop.collection)
  if (value === undefined || value === LATE) return value
  const { variables } = loop
  // Elements of a sensitive collection are sensitive, too.
  const names = variables.key === undefined ? [variables.value] : [variables.key, variables.value]
  const sensitive = new SensitivePaths(isSensitive(loop.collection, evaluation.scope) ? names : [])
  const round = (key: HclValue, item: HclValue) => {
    const bound: Record<string, HclValue> = {}
    if (variables.key !== undefined) setKey(bound, variables.key, key)
    setKey(bound, variables.value, item)
    return evaluation.inside({ parent: evaluation.scope, variables: bound, sensitive })
  }
  if (Array.isArray(value)) return value.map((item, index) => round(index, item))
  if (isObject(value)) return entries(value).map(([key, item]) => round(key, item))
  return evaluation.fault(loop.collection.span, {
    message: 'cannot iterate over this value',
    expected: 'a list or an object',
    found: evaluation.found(loop.collection, value),
  })
}

/** Evaluates `[for … : …]`. */
export function evaluateForTuple(evaluation: Evaluation, node: ForTuple): Outcome {
  const results: HclValue[] = []
  const progress = each(evaluation, node, (round) => {
    const value = round.value(node.body)
    if (value !== undefined && value !== LATE) results.push(value)
    return value
  })
  return progress === 'done' ? results : progress
}

/** Evaluates `{for … : … => …}`. */
export function evaluateForObject(evaluation: Evaluation, node: ForObject): Outcome {
  const results: HclObject = {}
  const progress = each(evaluation, node, (round) => {
    const key = round.value(node.key)
    const value = round.value(node.body)
    if (key === undefined || value === undefined) return undefined
    return key === LATE || value === LATE ? LATE : put(round, node, results, key, value)
  })
  return progress === 'done' ? results : progress
}

function put(
  evaluation: Evaluation,
  node: ForObject,
  results: HclObject,
  key: HclValue,
  value: HclValue,
): Outcome {
  const name = toText(key)
  if (name === undefined) return impossibleKey(evaluation, node.key, key)
  const present = getKey(results, name)
  if (node.grouped) {
    if (Array.isArray(present)) present.push(value)
    else setKey(results, name, [value])
  } else if (present === undefined) {
    setKey(results, name, value)
  } else {
    return evaluation.fault(node.key.span, {
      message: 'two elements have the same key',
      found: evaluation.found(node.key, key),
      hint: 'write ... behind the value to collect them in a list',
    })
  }
  return value
}

/** Reports a value that cannot be a key. */
export function impossibleKey(evaluation: Evaluation, node: Expression, key: HclValue): undefined {
  return evaluation.fault(node.span, {
    message: key === null ? 'null cannot be a key' : 'wrong type of key',
    expected: 'a string',
    found: evaluation.found(node, key),
  })
}

/**
 * Evaluates the body for the elements that pass the condition, up to the first error: the others most likely have
 * the same.
 */
function each(
  evaluation: Evaluation,
  node: ForTuple | ForObject,
  body: (round: Evaluation) => Outcome,
): 'done' | undefined | typeof LATE {
  const all = rounds(evaluation, node)
  if (all === undefined || all === LATE) return all
  let late = false
  for (const round of all) {
    const passes = node.condition === undefined ? true : condition(round, node.condition)
    const outcome = passes === true ? body(round) : passes
    if (outcome === undefined) return undefined
    late ||= outcome === LATE
  }
  return late ? LATE : 'done'
}

function condition(evaluation: Evaluation, node: Expression): boolean | undefined | typeof LATE {
  const value = evaluation.value(node)
  if (value === undefined || value === LATE) return value
  return (
    toBoolean(value) ??
    evaluation.fault(node.span, {
      message: 'the condition of this for must be a boolean',
      expected: 'true or false',
      found: evaluation.found(node, value),
    })
  )
}
