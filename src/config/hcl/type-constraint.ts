import type { Expression } from './ast.js'
import { Diagnostics, didYouMean } from './diagnostics.js'
import { evaluate } from './evaluate.js'
import { parseExpression } from './parse.js'
import { report } from './report.js'
import { type HclObject, type HclValue, isObject, setKey } from './values.js'

/** What `type` of a variable asks for. */
export type TypeConstraint =
  | { readonly kind: 'any' | 'string' | 'number' | 'bool' }
  | { readonly kind: 'list' | 'map'; readonly of: TypeConstraint }

const ANY: TypeConstraint = { kind: 'any' }
const SIMPLE = ['any', 'string', 'number', 'bool'] as const
const COLLECTIONS = ['list', 'map'] as const

/** Reads the expression of `type`: `string`, `"string"`, `list(number)`. Undefined after a fault. */
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
    message: 'this is no type',
    expected: 'string, number, bool, any, list(…) or map(…)',
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  })
  return undefined
}

/** The constraint that a default value stands for: a text that is given instead is converted to it. */
export function constraintOf(value: HclValue): TypeConstraint {
  if (typeof value === 'boolean') return { kind: 'bool' }
  if (typeof value === 'number' || typeof value === 'string')
    return { kind: typeof value as 'number' | 'string' }
  if (Array.isArray(value)) return { kind: 'list', of: ANY }
  return isObject(value) ? { kind: 'map', of: ANY } : ANY
}

/** How a constraint is written. */
export function constraintText(constraint: TypeConstraint): string {
  return 'of' in constraint ? `${constraint.kind}(${constraintText(constraint.of)})` : constraint.kind
}

/** The value as the constraint wants it; texts are converted, those of collections are read as expressions. Undefined if it does not fit. */
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
