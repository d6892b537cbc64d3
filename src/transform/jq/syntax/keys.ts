import { JqSyntaxError } from '../errors.js'
import { describe } from '../values/text.js'
import type { Ast } from './ast.js'

/** Checks a key: a constant that is not a string is a fault of the query. */
export function constantKey(key: Ast, offset: number): Ast {
  if (key.kind === 'literal' && typeof key.value !== 'string')
    throw new JqSyntaxError(`Cannot use ${describe(key.value)} as object key`, offset)
  return key
}
