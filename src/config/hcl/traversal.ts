import type { Expression, Step, Traversal, Variable } from './ast.js'
import { toNumber, toText, typeName } from './convert.js'
import { didYouMean } from './diagnostics.js'
import type { Evaluation } from './evaluation.js'
import { knownNames, lookup } from './scope.js'
import type { Span } from './source.js'
import { getKey, type HclValue, isObject, LATE, type Outcome, Reference } from './values.js'

/** Evaluates a bare name. */
export function evaluateVariable(evaluation: Evaluation, node: Variable): Outcome {
  const binding = lookup(evaluation.scope, node.name)
  switch (binding.kind) {
    case 'value':
      return binding.value
    case 'deferred':
      return new Reference([node.name], node.span)
    case 'keyword':
      return node.name
    default:
      return unknownName(evaluation, node.name, node.span)
  }
}

/** Reports an unknown name. */
export function unknownName(evaluation: Evaluation, name: string, span: Span): undefined {
  const near = didYouMean(name, knownNames(evaluation.scope))
  return evaluation.fault(span, {
    message: `unknown name "${name}"`,
    hint: near === undefined ? 'strings are written in double quotes' : `did you mean "${near}"?`,
  })
}

/** Evaluates a traversal. */
export function evaluateTraversal(evaluation: Evaluation, node: Traversal): Outcome {
  const { source } = node
  if (source.kind === 'variable') {
    const binding = lookup(evaluation.scope, source.name)
    if (binding.kind === 'deferred') return reference(evaluation, node, source.name)
    if (binding.kind === 'unknown') return unknownName(evaluation, source.name, source.span)
  }
  const value = evaluation.value(source)
  return value === undefined || value === LATE ? value : take(evaluation, node, value, node.steps, 0)
}

/** Makes a reference to a value known only at run time. Only its form is checked. */
function reference(evaluation: Evaluation, node: Traversal, root: string): Outcome {
  const path = [root]
  let late = false
  for (const step of node.steps) {
    if (step.kind === 'attribute') path.push(step.name)
    else if (step.kind === 'splat') late = true
    else {
      const key = evaluation.value(step.key)
      if (key === undefined) return undefined
      const text = key === LATE ? undefined : toText(key)
      if (text === undefined && key !== LATE)
        return wrongIndex(evaluation, step.key, key as HclValue, 'a string or a number')
      if (text === undefined) late = true
      else path.push(text)
    }
  }
  return late ? LATE : new Reference(path, node.span)
}

function take(
  evaluation: Evaluation,
  node: Traversal,
  value: HclValue,
  steps: readonly Step[],
  from: number,
): Outcome {
  let current: Outcome = value
  for (let index = from; index < steps.length; index++) {
    const step = steps[index]!
    // Resolved before each step, so that the result of the last step may be a reference.
    current = evaluation.settle(current)
    if (current === undefined || current === LATE) return current
    if (step.kind === 'attribute') current = attribute(evaluation, node, steps, index, current)
    else if (step.kind === 'index') current = element(evaluation, node, step.key, step.span, current)
    else current = splat(evaluation, node, step.each, current)
  }
  return current
}

function splat(evaluation: Evaluation, node: Traversal, each: readonly Step[], value: HclValue): Outcome {
  const items = Array.isArray(value) ? value : value === null ? [] : [value]
  const results: HclValue[] = []
  let late = false
  for (const item of items) {
    const result = evaluation.settle(take(evaluation, node, item, each, 0))
    // Stop at the first error: other elements most likely have the same.
    if (result === undefined) return undefined
    if (result === LATE) late = true
    else results.push(result)
  }
  return late ? LATE : results
}

function attribute(
  evaluation: Evaluation,
  node: Traversal,
  steps: readonly Step[],
  index: number,
  value: HclValue,
): Outcome {
  const step = steps[index] as Step & { kind: 'attribute' }
  if (isObject(value)) {
    const found = getKey(value, step.name)
    return found === undefined ? missing(evaluation, node, steps, index, value) : found
  }
  const hint = Array.isArray(value) ? { hint: `write [*].${step.name} to get it from every element` } : {}
  return evaluation.fault(step.span, {
    message: `${typeName(value)} has no attribute "${step.name}"`,
    expected: 'an object',
    found: typeName(value),
    ...hint,
  })
}

function missing(
  evaluation: Evaluation,
  node: Traversal,
  steps: readonly Step[],
  index: number,
  value: Exclude<HclValue, null | boolean | number | string>,
): undefined {
  const step = steps[index] as Step & { kind: 'attribute' }
  const near = didYouMean(step.name, Object.keys(value))
  const root = node.source.kind === 'variable' && steps === node.steps ? node.source.name : undefined
  if (root === 'env' && index === 0) return missingEnvironment(evaluation, step.name, node.span, near)
  const path = [
    root,
    ...node.steps.slice(0, index + 1).map((each) => (each.kind === 'attribute' ? each.name : '?')),
  ]
  const named = root !== undefined && !path.includes('?')
  const suggestion = near !== undefined && named ? [...path.slice(0, -1), near].join('.') : near
  return evaluation.fault(named ? { ...node.span, end: step.span.end } : step.span, {
    message: named
      ? `unknown ${root === 'var' ? 'variable' : 'value'} "${path.join('.')}"`
      : `unknown attribute "${step.name}"`,
    ...(suggestion === undefined ? {} : { hint: `did you mean "${suggestion}"?` }),
  })
}

/** Reports an environment variable that is not set. */
export function missingEnvironment(
  evaluation: Evaluation,
  name: string,
  span: Span,
  near: string | undefined,
): undefined {
  const fallback = `set it, or give a default: env("${name}", "…")`
  return evaluation.fault(span, {
    message: `the environment variable "${name}" is not set`,
    hint: near === undefined ? fallback : `did you mean "${near}"? Otherwise ${fallback}`,
  })
}

function element(
  evaluation: Evaluation,
  node: Traversal,
  keyNode: Expression,
  span: Span,
  value: HclValue,
): Outcome {
  const key = evaluation.value(keyNode)
  if (key === undefined || key === LATE) return key
  if (Array.isArray(value)) {
    const index = toNumber(key)
    if (index === undefined || !Number.isInteger(index))
      return wrongIndex(evaluation, keyNode, key, 'a whole number')
    if (index >= 0 && index < value.length) return value[index]!
    return evaluation.fault(keyNode.span, {
      message: 'the index is out of range',
      expected: value.length === 0 ? 'no index, the list is empty' : `an index from 0 to ${value.length - 1}`,
      found: evaluation.found(keyNode, key),
    })
  }
  if (!isObject(value)) {
    return evaluation.fault(span, {
      message: `${typeName(value)} has no elements`,
      expected: 'a list or an object',
      found: typeName(value),
    })
  }
  const name = toText(key)
  if (name === undefined) return wrongIndex(evaluation, keyNode, key, 'a string')
  const found = getKey(value, name)
  if (found !== undefined) return found
  const root = node.source.kind === 'variable' ? node.source.name : undefined
  const near = didYouMean(name, Object.keys(value))
  if (root === 'env' && keyNode.kind === 'literal')
    return missingEnvironment(evaluation, name, node.span, near)
  return evaluation.fault(keyNode.span, {
    message: 'the object has no such key',
    found: evaluation.found(keyNode, key),
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  })
}

function wrongIndex(evaluation: Evaluation, node: Expression, key: HclValue, expected: string): undefined {
  return evaluation.fault(node.span, {
    message: 'wrong type of index',
    expected,
    found: evaluation.found(node, key),
  })
}
