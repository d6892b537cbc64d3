import type { Expression } from './ast.js'
import { budgetOf, MAX_STEPS } from './budget.js'
import { describeValue } from './convert.js'
import { Diagnostics } from './diagnostics.js'
import { type Finding, report } from './report.js'
import { findFunction, isSensitivePath, lookup } from './scope.js'
import type { Span } from './source.js'
import type { Budget, Scope } from './values.js'
import { getKey, type HclValue, isLate, isObject, LATE, type Outcome, Reference } from './values.js'
import { references, walk } from './walk.js'

/** Evaluates any node. Passed to the parts of the evaluator, so that they need not import each other. */
export type Dispatch = (evaluation: Evaluation, node: Expression) => Outcome

/** Maximum nesting of expressions, so that the call stack never overflows. */
const MAX_DEPTH = 500

/** What all parts of one evaluation share. */
interface Shared {
  readonly dispatch: Dispatch
  /** The scope without names bound by `for`, in which deferred values of other expressions are evaluated. */
  readonly base: Scope
  readonly budget: Budget
  depth: number
}

/** The state of one evaluation: its scope, its diagnostics, its depth and its budget. */
export class Evaluation {
  readonly scope: Scope
  readonly diagnostics: Diagnostics
  readonly #shared: Shared
  readonly #isQuiet: boolean

  private constructor(scope: Scope, diagnostics: Diagnostics, shared: Shared, isQuiet: boolean) {
    this.scope = scope
    this.diagnostics = diagnostics
    this.#shared = shared
    this.#isQuiet = isQuiet
  }

  static of(scope: Scope, diagnostics: Diagnostics, dispatch: Dispatch): Evaluation {
    const shared = { dispatch, base: scope, budget: budgetOf(scope), depth: 0 }
    return new Evaluation(scope, diagnostics, shared, false)
  }

  /** The scope without names bound by `for`. */
  get base(): Scope {
    return this.#shared.base
  }

  /** Returns the same evaluation with an inner scope. */
  inside(scope: Scope): Evaluation {
    return new Evaluation(scope, this.diagnostics, this.#shared, this.#isQuiet)
  }

  /** Returns the same evaluation with errors discarded. */
  quietly(): Evaluation {
    return new Evaluation(this.scope, new Diagnostics(), this.#shared, true)
  }

  /** Evaluates an expression and resolves a reference or deferred value. */
  value(node: Expression): Outcome {
    return this.settle(this.raw(node))
  }

  /** Evaluates an expression without resolving references. */
  raw(node: Expression): Outcome {
    const shared = this.#shared
    shared.budget.step()
    if (shared.budget.isSpent) return this.#spent(node)
    if (shared.depth >= MAX_DEPTH) {
      return this.fault(node.span, {
        message: `this expression is nested more than ${MAX_DEPTH} levels deep`,
      })
    }
    shared.depth++
    try {
      const outcome = shared.dispatch(this, node)
      if (makes(node) && outcome !== undefined && outcome !== LATE) shared.budget.made(outcome)
      return shared.budget.isSpent ? this.#spent(node) : outcome
    } finally {
      shared.depth--
    }
  }

  /** Counts the arguments that a function is about to read. @returns whether it may */
  mayRead(node: Expression, values: readonly HclValue[]): boolean {
    this.#shared.budget.read(values)
    if (this.#shared.budget.isSpent) this.#spent(node)
    return !this.#shared.budget.isSpent
  }

  /** Reports once where the budget was spent. */
  #spent(node: Expression): undefined {
    const { budget } = this.#shared
    if (budget.isReported) return undefined
    // An error that is discarded must be reported by the next expression.
    budget.isReported = !this.#isQuiet
    return this.fault(node.span, {
      message: `the expressions of the configuration make too many values: more than ${MAX_STEPS} elements and steps`,
      hint: 'this one exceeds the limit; lists of lists grow with every level',
    })
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

/** Whether an expression makes a value, and does not only find one that exists. */
function makes({ kind }: Expression): boolean {
  return kind !== 'literal' && kind !== 'variable' && kind !== 'parentheses'
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
