import type { Ast } from '../syntax/ast.js'
import type { Json } from '../values/json.js'
import { compilePatterns } from './bind.js'
import { type Compiled, type Env, single } from './compiled.js'
import type { Path } from './path.js'
import type { Compiler, Scope } from './scope.js'

/** A value and where it is. */
interface At {
  readonly path: Path
  readonly value: Json
}

/** `reduce source as pattern (start; update)`: the last value, for each start. */
export function compileReduce(ast: Ast & { kind: 'reduce' }, scope: Scope, compiler: Compiler): Compiled {
  const source = compiler.compile(ast.source, scope)
  const start = compiler.compile(ast.start, scope)
  const { bind, scope: inner } = compilePatterns(ast.patterns, scope, compiler)
  const update = compiler.compile(ast.update, inner)
  const oneUpdate = update.one

  const fold = (first: Json, input: Json, env: Env | undefined): Json => {
    let state = first
    source.each(input, env, (value) =>
      bind(value, env, (bound) => {
        if (oneUpdate) state = oneUpdate(state, bound)
        else {
          let last: Json = null
          update.each(state, bound, (next) => {
            last = next
          })
          state = last
        }
      }),
    )
    return state
  }

  const oneStart = start.one
  if (oneStart) {
    const folded = single((input, env) => fold(oneStart(input, env), input, env))
    return { ...folded, paths: reducePaths }
  }
  return {
    one: undefined,
    each: (input, env, emit) => start.each(input, env, (first) => emit(fold(first, input, env))),
    paths: reducePaths,
  }

  function reducePaths(
    path: Path,
    input: Json,
    env: Env | undefined,
    emit: (path: Path, value: Json) => void,
  ): void {
    start.paths(path, input, env, (from, first) => {
      let state: At = { path: from, value: first }
      source.each(input, env, (value) =>
        bind(value, env, (bound) => {
          let last: At = { path, value: null }
          update.paths(state.path, state.value, bound, (to, next) => {
            last = { path: to, value: next }
          })
          state = last
        }),
      )
      emit(state.path, state.value)
    })
  }
}

/** `foreach source as pattern (start; update; extract)`: what `extract` makes of each state. */
export function compileForeach(ast: Ast & { kind: 'foreach' }, scope: Scope, compiler: Compiler): Compiled {
  const source = compiler.compile(ast.source, scope)
  const start = compiler.compile(ast.start, scope)
  const { bind, scope: inner } = compilePatterns(ast.patterns, scope, compiler)
  const update = compiler.compile(ast.update, inner)
  const extract = ast.extract && compiler.compile(ast.extract, inner)
  return {
    one: undefined,
    each: (input, env, emit) =>
      start.each(input, env, (first) => {
        let state = first
        source.each(input, env, (value) =>
          bind(value, env, (bound) => {
            const before = state
            // If the update yields nothing, the next one starts from null.
            state = null
            update.each(before, bound, (next) => {
              state = next
              if (extract) extract.each(next, bound, emit)
              else emit(next)
            })
          }),
        )
      }),
    paths: (path, input, env, emit) =>
      start.paths(path, input, env, (from, first) => {
        let state: At = { path: from, value: first }
        source.each(input, env, (value) =>
          bind(value, env, (bound) =>
            update.paths(state.path, state.value, bound, (to, next) => {
              state = { path: to, value: next }
              if (extract) extract.paths(to, next, bound, emit)
              else emit(to, next)
            }),
          ),
        )
      }),
  }
}
