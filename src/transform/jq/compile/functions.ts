import { charge } from '../budget.js'
import { JqSyntaxError } from '../errors.js'
import type { Ast, Definition } from '../syntax/ast.js'
import { type Closure, type Compiled, Env, outwards } from './compiled.js'
import type { Compiler, FunctionEntry, Scope } from './scope.js'

/** `def …; rest`. */
export function compileDefine(ast: Ast & { kind: 'define' }, scope: Scope, compiler: Compiler): Compiled {
  return compiler.compile(ast.rest, scope.withFunction(ast.definition))
}

/** `name(args)`: a function that the query defines, otherwise a builtin. */
export function compileCall(ast: Ast & { kind: 'call' }, scope: Scope, compiler: Compiler): Compiled {
  const { name, args } = ast
  const found = scope.findCallable(name, args.length)
  if (found?.entry === 'filter') return passedFilter(found.steps)
  if (found !== undefined)
    return callFunction(found.entry as FunctionEntry, found.steps, args, scope, compiler)
  const builtin = compiler.builtin(name, args, scope)
  if (builtin !== undefined) return builtin
  throw new JqSyntaxError(`${name}/${args.length} is not defined`, ast.offset)
}

/** A parameter: runs in the environment of the caller. */
function passedFilter(steps: number): Compiled {
  const closure = (env: Env | undefined) => outwards(env, steps)?.value as Closure
  return {
    one: undefined,
    each: (input, env, emit) => {
      const { filter, env: outer } = closure(env)
      filter.each(input, outer, emit)
    },
    paths: (path, input, env, emit) => {
      const { filter, env: outer } = closure(env)
      filter.paths(path, input, outer, emit)
    },
  }
}

export function callFunction(
  entry: FunctionEntry,
  steps: number,
  args: readonly Ast[],
  scope: Scope,
  compiler: Compiler,
): Compiled {
  const filters = args.map((arg) => compiler.compile(arg, scope))
  const { budget } = compiler
  const enter = (env: Env | undefined): Env | undefined => {
    charge(budget, 1)
    let inner = outwards(env, steps)
    for (const filter of filters) inner = new Env({ filter, env } satisfies Closure, inner)
    return inner
  }
  const body = bodyOf(entry, compiler)
  // A function that is still being compiled calls itself.
  const get = body === 'compiling' ? () => entry.compiled as Compiled : () => body
  const one = body === 'compiling' ? undefined : body.one
  return {
    one: one && ((input, env) => one(input, enter(env))),
    each: (input, env, emit) => get().each(input, enter(env), emit),
    paths: (path, input, env, emit) => get().paths(path, input, enter(env), emit),
  }
}

function bodyOf(entry: FunctionEntry, compiler: Compiler): Compiled | 'compiling' {
  if (entry.compiled === undefined) {
    entry.compiled = 'compiling'
    const { definition } = entry
    const inner = definition.parameters.reduce(
      (outer, parameter) => outer.with('filter', parameter.replace('$', '')),
      entry.scope,
    )
    entry.compiled = compiler.compile(withValues(definition), inner)
  }
  return entry.compiled
}

/** `def f($a): body;` is `def f(a): a as $a | body;`. */
function withValues({ parameters, body }: Definition): Ast {
  return parameters
    .filter((parameter) => parameter.startsWith('$'))
    .reduceRight((rest: Ast, parameter): Ast => {
      const name = parameter.slice(1)
      const source: Ast = { kind: 'call', name, args: [], offset: 0 }
      return { kind: 'as', source, patterns: [{ kind: 'variable', name }], body: rest }
    }, body)
}
