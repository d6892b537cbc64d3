import type { NoteFile } from '../../core/note-file.js'
import type { Expression } from './ast.js'
import type { Diagnostics } from './diagnostics.js'
import type { SensitivePaths } from './sensitive-paths.js'
import type { Span } from './source.js'

/** The value of an expression: plain data, or something known only at run time. */
export type HclValue = null | boolean | number | string | HclValue[] | HclObject | Reference | Deferred

/** An object of the language. Its keys are always own properties, including `__proto__`. */
export interface HclObject {
  [key: string]: HclValue
}

/** A path into a value known only at run time, such as `integration.backend`. */
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

/** An expression that contains such a path, kept until run time. */
export class Deferred {
  readonly kind = 'deferred'
  readonly expression: Expression
  readonly #evaluate: Evaluate

  constructor(expression: Expression, evaluate: Evaluate) {
    this.expression = expression
    this.#evaluate = evaluate
  }

  /** Evaluates with the names in `scope`, then those of the configuration. */
  evaluate(scope: Scope, diagnostics: Diagnostics): HclValue | undefined {
    return this.#evaluate(scope, diagnostics)
  }
}

/** Placeholder for a value known only at run time during an evaluation. */
export const LATE = Symbol('known at run time')

/** The outcome of evaluating a part of an expression; `undefined` after a reported error. */
export type Outcome = HclValue | undefined | typeof LATE

/** Limits the work of all expressions that share it. */
export interface Budget {
  /** Whether more steps were taken than allowed. Nothing may be evaluated then. */
  readonly isSpent: boolean
  isReported: boolean
  /** Counts an expression that is evaluated. */
  step(): void
  /** Counts a value that was made. */
  made(value: HclValue): void
  /** Counts the values that a function reads. */
  read(values: readonly HclValue[]): void
}

/** The meaning of names. Scopes chain: unknown names are looked up in the parent. */
export interface Scope {
  readonly parent?: Scope
  /** The roots of traversals: `var`, `local`, `env`, … */
  readonly variables?: Readonly<Record<string, HclValue>>
  /** Functions in addition to the standard ones. */
  readonly functions?: ReadonlyMap<string, HclFunction>
  /** Bare names that evaluate to themselves as strings, such as `required`. */
  readonly keywords?: readonly string[]
  /** Roots that get their values at run time. */
  readonly deferred?: readonly string[]
  /** What must not be shown. */
  readonly sensitive?: SensitivePaths
  /** Limits the evaluation of all expressions in the scope together. */
  readonly budget?: Budget
}

/** Context of a function call. */
export interface CallContext {
  /** The file that contains the call. */
  readonly file: string
  /** Called with each file that a function reads. */
  readonly noteFile: NoteFile
  /** Looks up an environment variable. */
  readonly environment: (name: string) => HclValue | undefined
}

/** A function of the language. */
export interface HclFunction {
  /** Signature for messages: `join(separator, list)`. */
  readonly signature: string
  readonly minimum: number
  readonly maximum: number
  /** Whether its result may be secret whatever its arguments are. */
  readonly sensitive?: boolean
  /** Called with checked and converted values. @throws FunctionFault */
  call(values: HclValue[], context: CallContext): HclValue
  /**
   * Called with unevaluated arguments instead. Each attempt returns `undefined` if it failed, and reports nothing.
   */
  readonly lazy?: (attempts: (() => Outcome)[]) => Outcome
}

/** Tells whether a value is known only at run time. */
export function isLate(value: unknown): value is Reference | Deferred {
  return value instanceof Reference || value instanceof Deferred
}

/** Tells whether a value is an object of the language, and neither a list nor known only at run time. */
export function isObject(value: unknown): value is HclObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLate(value)
}

/** Sets a key as an own property, whatever its name. */
export function setKey<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[key] = value
  }
}

/** Returns the value of an own key; `undefined` if there is none. */
export function getKey<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Returns the entries sorted by key, the order of the language. */
export function entries(object: HclObject): [string, HclValue][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Compares two values by content and without conversion: `"5" == 5` is false. */
export function equal(a: HclValue, b: HclValue): boolean {
  if (a === b) return true
  // A string from outside, such as an environment variable, may have another normal form.
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
