import type { Expression } from './ast.js'
import { Diagnostics, didYouMean } from './diagnostics.js'
import { evaluate } from './evaluate.js'
import { parseExpression } from './parse.js'
import { report } from './report.js'
import { type HclObject, type HclValue, isObject, setKey } from './values.js'

/** The type that a variable requires. */
export type TypeConstraint =
  | { readonly kind: 'any' | 'string' | 'number' | 'bool' }
  | { readonly kind: 'list' | 'map'; readonly of: TypeConstraint }

const ANY: TypeConstraint = { kind: 'any' }
const SIMPLE = ['any', 'string', 'number', 'bool'] as const
const COLLECTIONS = ['list', 'map'] as const

/** Reads the expression of `type`: `string`, `"string"`, `list(number)`. Returns `undefined` after an error. */
export function readConstraint(expression: Expression, diagnostics: Diagnostics): TypeConstraint | undefined {
  if (expression.kind === 'invalid') return undefined
  if (expression.kind === 'literal' && typeof expression.value === 'string') {
    const inner = new Diagnostics()
    const read = parseExpression(expression.value, expression.span.source.name, inner)
    if (!inner.hasErrors && read.kind !== 'literal')
      return readConstraint({ ...read, span: expression.span }, diagnostics)
  }
  const name = expression.kind === 'variable' || expression.kind === 'call' ? expression.name : undefined
  const simple = SIMPLE.find((kind) => kind === name)
  if (expression.kind === 'variable' && simple !== undefined) return { kind: simple }
  const collection = COLLECTIONS.find((kind) => kind === name)
  if (expression.kind === 'variable' && collection !== undefined) return { kind: collection, of: ANY }
  if (expression.kind === 'call' && collection !== undefined && expression.arguments.length === 1) {
    const of = readConstraint(expression.arguments[0]!, diagnostics)
    return of && { kind: collection, of }
  }
  const near = name === undefined ? undefined : didYouMean(name, [...SIMPLE, ...COLLECTIONS])
  report(diagnostics, expression.span, {
    message: 'unknown type',
    expected: 'string, number, bool, any, list(…) or map(…)',
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  })
  return undefined
}

/** Derives the constraint from a default value, so that a given string is converted to its type. */
export function constraintOf(value: HclValue): TypeConstraint {
  if (typeof value === 'boolean') return { kind: 'bool' }
  if (typeof value === 'number' || typeof value === 'string')
    return { kind: typeof value as 'number' | 'string' }
  if (Array.isArray(value)) return { kind: 'list', of: ANY }
  return isObject(value) ? { kind: 'map', of: ANY } : ANY
}

/** Formats a constraint as it is written. */
export function constraintText(constraint: TypeConstraint): string {
  return 'of' in constraint ? `${constraint.kind}(${constraintText(constraint.of)})` : constraint.kind
}

/**
 * Converts a value to a constraint; returns `undefined` if it does not fit. Strings are converted; for collections
 * they are parsed as expressions.
 */
export function constrain(value: HclValue, constraint: TypeConstraint): HclValue | undefined {
  switch (constraint.kind) {
    case 'any':
      return value
    case 'string':
      return typeof value === 'object' ? undefined : String(value)
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      return typeof number === 'number' && Number.isFinite(number) ? number : undefined
    }
    case 'bool':
      if (typeof value === 'boolean') return value
      return value === 'true' ? true : value === 'false' ? false : undefined
    default:
      return collection(typeof value === 'string' ? written(value) : value, constraint)
  }
}

function collection(
  value: HclValue | undefined,
  { kind, of }: TypeConstraint & { of: TypeConstraint },
): HclValue | undefined {
  if (kind === 'list') {
    if (!Array.isArray(value)) return undefined
    const items = value.map((item) => constrain(item, of))
    return items.includes(undefined) ? undefined : (items as HclValue[])
  }
  if (!isObject(value)) return undefined
  const object: HclObject = {}
  for (const [key, item] of Object.entries(value)) {
    const fitting = constrain(item, of)
    if (fitting === undefined) return undefined
    setKey(object, key, fitting)
  }
  return object
}

function written(text: string): HclValue | undefined {
  const quietly = new Diagnostics()
  const value = evaluate(parseExpression(text, '', quietly), {}, quietly)
  return quietly.hasErrors ? undefined : value
}
