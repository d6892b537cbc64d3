import type { Expression } from './ast.js'
import { unknownFunction } from './call.js'
import type { Evaluation } from './evaluation.js'
import { findFunction, lookup } from './scope.js'
import { unknownName } from './traversal.js'
import { references, walk } from './walk.js'

/**
 * Checks the names in an expression whose value is not needed, so that a misspelt name is reported before it is.
 */
export function namesExist(evaluation: Evaluation, expression: Expression): boolean {
  const unknown = references(expression).filter(
    ({ root }) => lookup(evaluation.scope, root).kind === 'unknown',
  )
  for (const { root, span } of unknown) unknownName(evaluation, root, span)
  let sound = unknown.length === 0
  walk(expression, (node) => {
    if (node.kind !== 'call' || findFunction(evaluation.scope, node.name) !== undefined) return
    unknownFunction(evaluation, node)
    sound = false
  })
  return sound
}
