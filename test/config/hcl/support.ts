import { type Diagnostic, Diagnostics } from '../../../src/config/hcl/diagnostics.js'
import {
  type Body,
  type Deferred,
  evaluate,
  type HclValue,
  parse,
  parseExpression,
  type Reference,
  type Scope,
} from '../../../src/config/hcl/index.js'

/** Parses a text that must be without fault. */
export function parsed(text: string): Body {
  const diagnostics = new Diagnostics()
  const body = parse(text, 'test.hcl', diagnostics)
  if (diagnostics.items.length > 0) throw new Error(`unexpected: ${summaries(diagnostics).join('; ')}`)
  return body
}

/** The faults of a text, each as `line:column message`. */
export function faults(text: string): string[] {
  const diagnostics = new Diagnostics()
  parse(text, 'test.hcl', diagnostics)
  return summaries(diagnostics)
}

/** The faults of a text. */
export function errorsOf(text: string): Diagnostic[] {
  const diagnostics = new Diagnostics()
  parse(text, 'test.hcl', diagnostics)
  return diagnostics.errors
}

/** Each diagnostic as `line:column message`. */
export function summaries(diagnostics: Diagnostics): string[] {
  return diagnostics.sorted().map(({ line, column, message }) => `${line}:${column} ${message}`)
}

/** Evaluates an expression that must be without fault. */
export function value(text: string, scope: Scope = {}): HclValue {
  const { result, diagnostics } = evaluated(text, scope)
  if (result === undefined) throw new Error(`no value: ${summaries(diagnostics).join('; ')}`)
  return result
}

/** Evaluates an expression. */
export function evaluated(
  text: string,
  scope: Scope = {},
  file = 'test.hcl',
): { result: HclValue | undefined; diagnostics: Diagnostics } {
  const diagnostics = new Diagnostics()
  const result = evaluate(parseExpression(text, file, diagnostics), scope, diagnostics)
  return { result, diagnostics }
}

/** The only fault of an expression, which must have no value. */
export function fault(text: string, scope: Scope = {}): Diagnostic {
  const { result, diagnostics } = evaluated(text, scope)
  if (result !== undefined || diagnostics.items.length !== 1) {
    throw new Error(`not one fault but ${JSON.stringify(result)} and ${summaries(diagnostics).join('; ')}`)
  }
  return diagnostics.items[0]!
}

/** The value of an expression, which must wait for run time. */
export function late<K extends 'reference' | 'deferred'>(
  kind: K,
  text: string,
  scope: Scope,
): K extends 'reference' ? Reference : Deferred {
  const result = value(text, scope)
  if (typeof result !== 'object' || result === null || !('kind' in result) || result.kind !== kind) {
    throw new Error(`not a ${kind}: ${JSON.stringify(result)}`)
  }
  return result as unknown as K extends 'reference' ? Reference : Deferred
}
