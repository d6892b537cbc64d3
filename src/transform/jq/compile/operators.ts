import type { Ast, ComparisonOperator } from '../syntax/ast.js'
import { ARITHMETIC, negate } from '../values/arithmetic.js'
import { compare, equal } from '../values/compare.js'
import { isTrue, type Json } from '../values/json.js'
import { type Compiled, many, single } from './compiled.js'
import type { Compiler, Scope } from './scope.js'

type Joined = { readonly left: Ast; readonly right: Ast }

/** `left | right`. */
export function compilePipe(ast: Joined, scope: Scope, compiler: Compiler): Compiled {
  return piped(compiler.compile(ast.left, scope), compiler.compile(ast.right, scope))
}

function piped(left: Compiled, right: Compiled): Compiled {
  const [first, second] = [left.one, right.one]
  return {
    one: first && second && ((input, env) => second(first(input, env), env)),
    each: first
      ? (input, env, emit) => right.each(first(input, env), env, emit)
      : (input, env, emit) => left.each(input, env, (value) => right.each(value, env, emit)),
    paths: (path, input, env, emit) =>
      left.paths(path, input, env, (from, value) => right.paths(from, value, env, emit)),
  }
}

/** `left, right`. */
export function compileComma(ast: Joined, scope: Scope, compiler: Compiler): Compiled {
  const [left, right] = [compiler.compile(ast.left, scope), compiler.compile(ast.right, scope)]
  return {
    one: undefined,
    each: (input, env, emit) => {
      left.each(input, env, emit)
      right.each(input, env, emit)
    },
    paths: (path, input, env, emit) => {
      left.paths(path, input, env, emit)
      right.paths(path, input, env, emit)
    },
  }
}

/** Computes a value for each pair of values. The right one varies most slowly. */
function binary(left: Compiled, right: Compiled, compute: (left: Json, right: Json) => Json): Compiled {
  const [oneLeft, oneRight] = [left.one, right.one]
  if (oneLeft && oneRight)
    return single((input, env) => {
      const value = oneRight(input, env)
      return compute(oneLeft(input, env), value)
    })
  return many((input, env, emit) =>
    right.each(input, env, (value) => left.each(input, env, (other) => emit(compute(other, value)))),
  )
}

export function compileArithmetic(
  ast: Ast & { kind: 'arithmetic' },
  scope: Scope,
  compiler: Compiler,
): Compiled {
  const compute = ARITHMETIC[ast.operator]
  const { budget } = compiler
  const [left, right] = [compiler.compile(ast.left, scope), compiler.compile(ast.right, scope)]
  return binary(left, right, (a, b) => compute(a, b, budget))
}

const COMPARISONS: Readonly<Record<ComparisonOperator, (left: Json, right: Json) => boolean>> = {
  '==': equal,
  '!=': (left, right) => !equal(left, right),
  '<': (left, right) => compare(left, right) < 0,
  '<=': (left, right) => compare(left, right) <= 0,
  '>': (left, right) => compare(left, right) > 0,
  '>=': (left, right) => compare(left, right) >= 0,
}

export function compileComparison(
  ast: Ast & { kind: 'comparison' },
  scope: Scope,
  compiler: Compiler,
): Compiled {
  return binary(
    compiler.compile(ast.left, scope),
    compiler.compile(ast.right, scope),
    COMPARISONS[ast.operator],
  )
}

export function compileNegate(ast: Ast & { kind: 'negate' }, scope: Scope, compiler: Compiler): Compiled {
  const { one, each } = compiler.compile(ast.of, scope)
  if (one) return single((input, env) => negate(one(input, env)))
  return many((input, env, emit) => each(input, env, (value) => emit(negate(value))))
}

/** `left and right`, `left or right`: evaluates the right side only if the left one does not decide. */
export function compileLogic(kind: 'and' | 'or', ast: Joined, scope: Scope, compiler: Compiler): Compiled {
  const decides = kind === 'or'
  const [left, right] = [compiler.compile(ast.left, scope), compiler.compile(ast.right, scope)]
  const [oneLeft, oneRight] = [left.one, right.one]
  if (oneLeft && oneRight)
    return single((input, env) =>
      isTrue(oneLeft(input, env)) === decides ? decides : isTrue(oneRight(input, env)),
    )
  return many((input, env, emit) =>
    left.each(input, env, (value) => {
      if (isTrue(value) === decides) emit(decides)
      else right.each(input, env, (other) => emit(isTrue(other)))
    }),
  )
}

/** `left // right`: the true values of the left side; if it has none, the values of the right side. */
export function compileAlternative(ast: Joined, scope: Scope, compiler: Compiler): Compiled {
  const [left, right] = [compiler.compile(ast.left, scope), compiler.compile(ast.right, scope)]
  const [oneLeft, oneRight] = [left.one, right.one]
  return {
    one:
      oneLeft &&
      oneRight &&
      ((input, env) => {
        const value = oneLeft(input, env)
        return isTrue(value) ? value : oneRight(input, env)
      }),
    each: (input, env, emit) => {
      let any = false
      left.each(input, env, (value) => {
        if (!isTrue(value)) return
        any = true
        emit(value)
      })
      if (!any) right.each(input, env, emit)
    },
    paths: (path, input, env, emit) => {
      let any = false
      left.paths(path, input, env, (from, value) => {
        if (!isTrue(value)) return
        any = true
        emit(from, value)
      })
      if (!any) right.paths(path, input, env, emit)
    },
  }
}
