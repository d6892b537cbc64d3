import type { Expression } from './ast.js'
import { describeValue } from './convert.js'
import { Diagnostics } from './diagnostics.js'
import { type Finding, report } from './report.js'
import { findFunction, isSensitivePath, lookup } from './scope.js'
import type { Span } from './source.js'
import type { Scope } from './values.js'
import { getKey, type HclValue, isLate, isObject, LATE, type Outcome, Reference } from './values.js'
import { references, walk } from './walk.js'

/** Evaluates any node. Passed to the parts of the evaluator, so that they need not import each other. */
export type Dispatch = (evaluation: Evaluation, node: Expression) => Outcome

/** Maximum nesting of expressions, so that the call stack never overflows. */
const MAX_DEPTH = 500

/** The state of one evaluation: its scope, its diagnostics and its depth. */
export class Evaluation {
  readonly scope: Scope
  /** The scope without names bound by `for`, in which deferred values of other expressions are evaluated. */
  readonly base: Scope
  readonly diagnostics: Diagnostics
  readonly #dispatch: Dispatch
  readonly #depth: { now: number }

  constructor(
    scope: Scope,
    diagnostics: Diagnostics,
    dispatch: Dispatch,
    base: Scope = scope,
    depth: { now: number } = { now: 0 },
  ) {
    this.scope = scope
    this.base = base
    this.diagnostics = diagnostics
    this.#dispatch = dispatch
    this.#depth = depth
  }

  /** Returns the same evaluation with an inner scope. */
  inside(scope: Scope): Evaluation {
    return new Evaluation(scope, this.diagnostics, this.#dispatch, this.base, this.#depth)
  }

  /** Returns the same evaluation with errors discarded. */
  quietly(): Evaluation {
    return new Evaluation(this.scope, new Diagnostics(), this.#dispatch, this.base, this.#depth)
  }

  /** Evaluates an expression and resolves a reference or deferred value. */
  value(node: Expression): Outcome {
    return this.settle(this.raw(node))
  }

  /** Evaluates an expression without resolving references. */
  raw(node: Expression): Outcome {
    if (this.#depth.now >= MAX_DEPTH) {
      return this.fault(node.span, {
        message: `this expression is nested more than ${MAX_DEPTH} levels deep`,
      })
    }
    this.#depth.now++
    try {
      return this.#dispatch(this, node)
    } finally {
      this.#depth.now--
    }
  }

  /** Evaluates several expressions. All errors are reported. */
  values(nodes: readonly Expression[]): HclValue[] | undefined | typeof LATE {
    const outcomes = nodes.map((node) => this.value(node))
    if (outcomes.includes(undefined)) return undefined
    return outcomes.includes(LATE) ? LATE : (outcomes as HclValue[])
  }

  /** Resolves a reference or deferred value as far as it is known. */
  settle(outcome: Outcome): Outcome {
    if (!isLate(outcome)) return outcome
    if (!(outcome instanceof Reference)) {
      const value = outcome.evaluate(this.base, this.diagnostics)
      return isLate(value) ? LATE : value
    }
    const [root, ...path] = outcome.path
    const binding = lookup(this.base, root!)
    if (binding.kind !== 'value') return LATE
    let value: Outcome = this.settle(binding.value)
    for (const [index, key] of path.entries()) {
      if (value === undefined || value === LATE) return value
      const next: HclValue | undefined = Array.isArray(value)
        ? value[/^[0-9]+$/.test(key) ? Number(key) : -1]
        : isObject(value)
          ? getKey(value, key)
          : undefined
      if (next === undefined) {
        const name = outcome.path.slice(0, index + 2).join('.')
        return this.fault(outcome.span, { message: `unknown value "${name}"` })
      }
      value = this.settle(next)
    }
    return value
  }

  /** Reports an error. Returns `undefined`, the outcome of everything that depends on it. */
  fault(span: Span, finding: Finding): undefined {
    report(this.diagnostics, span, finding)
    return undefined
  }

  /** Describes the value of an expression for a message. */
  found(node: Expression, value: HclValue): string {
    return describeValue(value, isSensitive(node, this.scope))
  }
}

/** Tells whether an expression may contain a secret: an environment variable, a file, or a sensitive variable. */
export function isSensitive(expression: Expression, scope: Scope): boolean {
  if (
    references(expression).some(({ root, path }) => root === 'env' || isSensitivePath(scope, [root, ...path]))
  ) {
    return true
  }
  let found = false
  walk(expression, (node) => {
    if (node.kind === 'call') found ||= findFunction(scope, node.name)?.sensitive ?? false
  })
  return found
}
