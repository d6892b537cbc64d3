import type { Expression } from './ast.js'
import type { Diagnostics } from './diagnostics.js'
import type { Span } from './source.js'

/** What an expression can be worth: plain data, or something that is only known at run time. */
export type HclValue = null | boolean | number | string | HclValue[] | HclObject | Reference | Deferred

/** An object of the language. Its keys are always own properties, `__proto__` included. */
export interface HclObject {
  [key: string]: HclValue
}

/** An expression that is a path into something known at run time only, such as `integration.backend`. */
export class Reference {
  readonly kind = 'reference'
  readonly path: readonly string[]
  readonly span: Span

  constructor(path: readonly string[], span: Span) {
    this.path = path
    this.span = span
  }
}

type Evaluate = (scope: Scope, diagnostics: Diagnostics) => HclValue | undefined

/** An expression with such a path somewhere in it, kept until run time. */
export class Deferred {
  readonly kind = 'deferred'
  readonly expression: Expression
  readonly #evaluate: Evaluate

  constructor(expression: Expression, evaluate: Evaluate) {
    this.expression = expression
    this.#evaluate = evaluate
  }

  /** Evaluates with what is known by now; the scope of the configuration stands behind the given one. */
  evaluate(scope: Scope, diagnostics: Diagnostics): HclValue | undefined {
    return this.#evaluate(scope, diagnostics)
  }
}

/** Stands for a value that is known at run time only, while an expression is evaluated. */
export const LATE = Symbol('known at run time')

/** The outcome of evaluating a part of an expression; undefined after a fault, which was reported. */
export type Outcome = HclValue | undefined | typeof LATE

/** What names mean. Scopes chain: what one does not know is looked up in its parent. */
export interface Scope {
  readonly parent?: Scope
  /** The roots of traversals: `var`, `local`, `env`, … */
  readonly variables?: Readonly<Record<string, HclValue>>
  /** Functions in addition to the standard ones. */
  readonly functions?: ReadonlyMap<string, HclFunction>
  /** Bare names that stand for themselves as a string, such as `required`. */
  readonly keywords?: readonly string[]
  /** Roots that get their values at run time. */
  readonly deferred?: readonly string[]
  /** Roots (`env`) and paths (`var.password`) whose values must not be shown. */
  readonly sensitive?: readonly string[]
}

/** What a function gets to know about where it is called. */
export interface CallContext {
  /** The file that the call stands in. */
  readonly file: string
  /** Looks an environment variable up. */
  readonly environment: (name: string) => HclValue | undefined
}

/** A function of the language. */
export interface HclFunction {
  /** How it is called, for messages: `join(separator, list)`. */
  readonly signature: string
  readonly minimum: number
  readonly maximum: number
  /** Whether what it gives may be secret whatever its arguments are. */
  readonly sensitive?: boolean
  /** Gets its values checked and converted; throws `FunctionFault`. */
  call(values: HclValue[], context: CallContext): HclValue
  /** Gets its arguments unevaluated instead: each attempt is undefined if it failed, and reports nothing. */
  readonly lazy?: (attempts: (() => Outcome)[]) => Outcome
}

/** Whether a value has to wait for run time. */
export function isLate(value: unknown): value is Reference | Deferred {
  return value instanceof Reference || value instanceof Deferred
}

/** Whether a value is an object of the language: no list, nothing that waits for run time. */
export function isObject(value: unknown): value is HclObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLate(value)
}

/** Sets a key as an own property, whatever it is called. */
export function setKey<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[key] = value
  }
}

/** The value of an own key; undefined if there is none. */
export function getKey<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** The entries in the order of the language: sorted by key. */
export function entries(object: HclObject): [string, HclValue][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Whether two values are the same, by content and without conversion: `"5" == 5` is false. */
export function equal(a: HclValue, b: HclValue): boolean {
  if (a === b) return true
  // A string from outside, such as an environment variable, may be in another normal form.
  if (typeof a === 'string' && typeof b === 'string') return a.normalize('NFC') === b.normalize('NFC')
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index]!))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key]!, b[key]!))
  )
}
