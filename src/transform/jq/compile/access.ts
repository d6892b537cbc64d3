import { type Budget, charge } from '../budget.js'
import { JqError } from '../errors.js'
import type { Ast } from '../syntax/ast.js'
import { at, fieldOf, slice } from '../values/access.js'
import { isArray, type Json } from '../values/json.js'
import { describe } from '../values/text.js'
import type { Compiled, Emit, Env } from './compiled.js'
import { assertIterable, type Path, step } from './path.js'
import type { Compiler, Scope } from './scope.js'

/** `.` */
export const IDENTITY: Compiled = {
  one: (input) => input,
  each: (input, _env, emit) => emit(input),
  paths: (path, input, _env, emit) => emit(path, input),
}

/** `of[key]`. */
export function compileIndex(ast: Ast & { kind: 'index' }, scope: Scope, compiler: Compiler): Compiled {
  const of = compiler.compile(ast.of, scope)
  const { isOptional } = ast
  if (ast.key.kind === 'literal' && typeof ast.key.value === 'string' && !isOptional)
    return fieldFilter(of, ast.key.value)
  return keyed(of, compiler.compile(ast.key, scope), at, isOptional)
}

function fieldFilter(of: Compiled, key: string): Compiled {
  const one = of.one
  return {
    one: one && ((input, env) => fieldOf(one(input, env), key)),
    each: (input, env, emit) => of.each(input, env, (value) => emit(fieldOf(value, key))),
    paths: (path, input, env, emit) =>
      of.paths(path, input, env, (from, value) => emit(step(from, key, value), fieldOf(value, key))),
  }
}

type Get = (value: Json, key: Json) => Json

/** Yields the element of each value of `of` for each key. Keys are computed from the input of the whole expression. */
function keyed(of: Compiled, keys: Compiled, get: Get, isOptional: true | undefined): Compiled {
  const [oneOf, oneKey] = [of.one, keys.one]
  const tryGet = isOptional ? optional(get) : get
  return {
    one:
      oneOf && oneKey && !isOptional
        ? (input, env) => {
            const key = oneKey(input, env)
            return get(oneOf(input, env), key)
          }
        : undefined,
    each: (input, env, emit) =>
      keys.each(input, env, (key) =>
        of.each(input, env, (value) => {
          const part = tryGet(value, key)
          if (part !== undefined) emit(part)
        }),
      ),
    paths: (path, input, env, emit) =>
      keys.each(input, env, (key) =>
        of.paths(path, input, env, (from, value) => {
          const to = step(from, key, value)
          const part = tryGet(value, key)
          if (part !== undefined) emit(to, part)
        }),
      ),
  }
}

function optional(get: Get): (value: Json, key: Json) => Json | undefined {
  return (value, key) => {
    try {
      return get(value, key)
    } catch (error) {
      if (error instanceof JqError) return undefined
      throw error
    }
  }
}

/** `of[from:to]`. */
export function compileSlice(ast: Ast & { kind: 'slice' }, scope: Scope, compiler: Compiler): Compiled {
  const bound = (part: Ast | undefined) => compiler.compile(part ?? { kind: 'literal', value: null }, scope)
  const [from, to] = [bound(ast.from), bound(ast.to)]
  const bounds: Compiled = pairs(from, to)
  const get = (value: Json, key: Json) => {
    const { start, end } = key as { start: Json; end: Json }
    return slice(value, start, end)
  }
  return keyed(compiler.compile(ast.of, scope), bounds, get, ast.isOptional)
}

function pairs(from: Compiled, to: Compiled): Compiled {
  const [oneFrom, oneTo] = [from.one, to.one]
  const each = (input: Json, env: Env | undefined, emit: Emit) =>
    from.each(input, env, (start) => to.each(input, env, (end) => emit({ start, end })))
  return {
    one: oneFrom && oneTo && ((input, env) => ({ start: oneFrom(input, env), end: oneTo(input, env) })),
    each,
    paths: () => {},
  }
}

/** `of[]`. */
export function compileIterate(ast: Ast & { kind: 'iterate' }, scope: Scope, compiler: Compiler): Compiled {
  const of = compiler.compile(ast.of, scope)
  const { budget } = compiler
  const isLeftOut = (value: Json) => ast.isOptional && (typeof value !== 'object' || value === null)
  return {
    one: undefined,
    each: (input, env, emit) =>
      of.each(input, env, (value) => {
        if (!isLeftOut(value)) iterate(value, budget, emit)
      }),
    paths: (path, input, env, emit) =>
      of.paths(path, input, env, (from, value) => {
        if (!isLeftOut(value)) iteratePaths(from, value, budget, emit)
      }),
  }
}

/** Each element, or the value of each key. */
export function iterate(value: Json, budget: Budget, emit: Emit): void {
  if (isArray(value))
    for (let index = 0; index < value.length; index++) {
      charge(budget, 1)
      emit(value[index] as Json)
    }
  else if (typeof value === 'object' && value !== null)
    for (const key of Object.keys(value)) {
      charge(budget, 1)
      emit(value[key] as Json)
    }
  else throw new JqError(`Cannot iterate over ${describe(value)}`)
}

function iteratePaths(
  from: Path,
  value: Json,
  budget: Budget,
  emit: (path: Path, value: Json) => void,
): void {
  assertIterable(from, value)
  if (isArray(value))
    for (let index = 0; index < value.length; index++) {
      charge(budget, 1)
      emit(step(from, index, value), value[index] as Json)
    }
  else if (typeof value === 'object' && value !== null)
    for (const key of Object.keys(value)) {
      charge(budget, 1)
      emit(step(from, key, value), value[key] as Json)
    }
  else throw new JqError(`Cannot iterate over ${describe(value)}`)
}
