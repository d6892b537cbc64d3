import { JqError, JqSyntaxError } from '../errors.js'
import type { Ast, Pattern } from '../syntax/ast.js'
import { at } from '../values/access.js'
import { isArray, isObject, type Json, typeOf } from '../values/json.js'
import { describe } from '../values/text.js'
import { type Compiled, Env, outwards, single } from './compiled.js'
import { errorOf } from './guard.js'
import type { Compiler, Scope } from './scope.js'

/** Destructures a value: calls `next` for each way to do it, with the variables added to the environment. */
type Bind = (value: Json, env: Env | undefined, next: (env: Env | undefined) => void) => void

/** `$name`. */
export function compileVariable(ast: Ast & { kind: 'variable' }, scope: Scope, compiler: Compiler): Compiled {
  const steps = scope.find('variable', ast.name)
  const global = compiler.global(ast.name)
  if (steps === undefined && global !== undefined) return single(() => global)
  if (steps === undefined) throw new JqSyntaxError(`$${ast.name} is not defined`, ast.offset)
  if (steps === 0) return single((_input, env) => env?.value as Json)
  if (steps === 1) return single((_input, env) => env?.outer?.value as Json)
  return single((_input, env) => outwards(env, steps)?.value as Json)
}

/** `source as pattern ?// pattern | body`. */
export function compileAs(ast: Ast & { kind: 'as' }, scope: Scope, compiler: Compiler): Compiled {
  const source = compiler.compile(ast.source, scope)
  const { bind, scope: inner } = compilePatterns(ast.patterns, scope, compiler)
  const body = compiler.compile(ast.body, inner)
  const [oneSource, oneBody] = [source.one, body.one]
  const simple = ast.patterns.length === 1 && ast.patterns[0]?.kind === 'variable'
  return {
    one:
      simple && oneSource && oneBody
        ? (input, env) => oneBody(input, new Env(oneSource(input, env), env))
        : undefined,
    each: (input, env, emit) =>
      source.each(input, env, (value) =>
        bind(value, env, (bound, outside) =>
          body.each(input, bound, outside ? (result) => outside(() => emit(result)) : emit),
        ),
      ),
    paths: (path, input, env, emit) =>
      source.each(input, env, (value) =>
        bind(value, env, (bound, outside) =>
          body.paths(
            path,
            input,
            bound,
            outside ? (from, result) => outside(() => emit(from, result)) : emit,
          ),
        ),
      ),
  }
}

type Outside = (callback: () => void) => void
/**
 * As `Bind`. If errors of the body select another pattern, `next` gets the function `outside`, in which it wraps each
 * callback that receives a result of the body.
 */
type BindAny = (
  value: Json,
  env: Env | undefined,
  next: (env: Env | undefined, outside: Outside | undefined) => void,
) => void

/** The patterns of one `as`, tried in turn: an error leads to the next one. */
export function compilePatterns(
  patterns: readonly Pattern[],
  scope: Scope,
  compiler: Compiler,
): { bind: BindAny; scope: Scope } {
  const [only] = patterns
  if (patterns.length === 1 && only !== undefined) {
    const { bind, scope: inner } = compilePattern(only, scope, compiler)
    return { bind: (value, env, next) => bind(value, env, (bound) => next(bound, undefined)), scope: inner }
  }
  const names = [...new Set(patterns.flatMap(variablesOf))]
  const inner = names.reduce((outer, name) => outer.with('variable', name), scope)
  const binds = patterns.map((pattern) => {
    const { bind, scope: own } = compilePattern(pattern, scope, compiler)
    const steps = names.map((name) =>
      variablesOf(pattern).includes(name) ? own.find('variable', name) : undefined,
    )
    return { bind, steps }
  })
  const bind: BindAny = (value, env, next) => {
    for (const [index, { bind, steps }] of binds.entries()) {
      const isLast = index === binds.length - 1
      const all = (own: Env | undefined): Env | undefined =>
        steps.reduce(
          (outer: Env | undefined, step) =>
            new Env(step === undefined ? null : outwards(own, step)?.value, outer),
          env,
        )
      if (isLast) return bind(value, env, (own) => next(all(own), undefined))
      const error = errorOf((outside) => bind(value, env, (own) => next(all(own), outside)))
      if (error === undefined) return
    }
  }
  return { bind, scope: inner }
}

function variablesOf(pattern: Pattern): string[] {
  switch (pattern.kind) {
    case 'variable':
      return [pattern.name]
    case 'array':
      return pattern.items.flatMap(variablesOf)
    case 'object':
      return pattern.entries.flatMap(({ variable, pattern: inner }) => [
        ...(variable === undefined ? [] : [variable]),
        ...(inner === undefined ? [] : variablesOf(inner)),
      ])
  }
}

/** Compiles a pattern. Returns the scope with its variables, each of which can use those before it. */
function compilePattern(pattern: Pattern, scope: Scope, compiler: Compiler): { bind: Bind; scope: Scope } {
  if (pattern.kind === 'variable')
    return {
      bind: (value, env, next) => next(new Env(value, env)),
      scope: scope.with('variable', pattern.name),
    }
  let inner = scope
  const binds: Bind[] = []
  const add = (
    part: Pattern,
    get: (value: Json, env: Env | undefined, next: (value: Json) => void) => void,
  ) => {
    const compiled = compilePattern(part, inner, compiler)
    inner = compiled.scope
    binds.push((value, env, next) => get(value, env, (found) => compiled.bind(found, env, next)))
  }
  if (pattern.kind === 'array')
    for (const [index, item] of pattern.items.entries())
      add(item, (value, _env, next) => next(elementOf(value, index)))
  else
    for (const { key, variable, pattern: part } of pattern.entries) {
      const keys = compiler.compile(key, inner)
      const get = (value: Json, env: Env | undefined, next: (value: Json) => void) =>
        keys.each(value, env, (name) => next(memberOf(value, name)))
      if (variable !== undefined) add({ kind: 'variable', name: variable }, get)
      if (part !== undefined)
        add(part, variable === undefined ? get : (value, env, next) => get(value, env, next))
    }
  const bind: Bind = (value, env, next) => {
    // jq reads the last element first, which decides the error that it reports.
    if (pattern.kind === 'array') elementOf(value, pattern.items.length - 1)
    const from = (index: number, bound: Env | undefined): void => {
      const part = binds[index]
      if (part === undefined) next(bound)
      else part(value, bound, (more) => from(index + 1, more))
    }
    from(0, env)
  }
  return { bind, scope: inner }
}

function elementOf(value: Json, index: number): Json {
  if (value !== null && !isArray(value))
    throw new JqError(`Cannot index ${typeOf(value)} with number (${index})`)
  return value === null ? null : at(value, index)
}

function memberOf(value: Json, key: Json): Json {
  if (typeof key !== 'string') throw new JqError(`Cannot index ${typeOf(value)} with ${describe(key)}`)
  if (value !== null && !isObject(value))
    throw new JqError(`Cannot index ${typeOf(value)} with ${describe(key)}`)
  return at(value, key)
}
