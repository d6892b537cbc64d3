import { Break, JqError, JqSyntaxError } from '../errors.js'
import type { Ast } from '../syntax/ast.js'
import { isTrue } from '../values/json.js'
import { type Compiled, Env, outwards } from './compiled.js'
import { errorOf } from './guard.js'
import type { Compiler, Scope } from './scope.js'

/** `if … then … else … end`, for each value of the condition. */
export function compileIf(ast: Ast & { kind: 'if' }, scope: Scope, compiler: Compiler): Compiled {
  const condition = compiler.compile(ast.condition, scope)
  const [then, otherwise] = [compiler.compile(ast.then, scope), compiler.compile(ast.otherwise, scope)]
  const [test, oneThen, oneOtherwise] = [condition.one, then.one, otherwise.one]
  return {
    one:
      test &&
      oneThen &&
      oneOtherwise &&
      ((input, env) => (isTrue(test(input, env)) ? oneThen : oneOtherwise)(input, env)),
    each: test
      ? (input, env, emit) => (isTrue(test(input, env)) ? then : otherwise).each(input, env, emit)
      : (input, env, emit) =>
          condition.each(input, env, (value) => (isTrue(value) ? then : otherwise).each(input, env, emit)),
    paths: (path, input, env, emit) =>
      condition.each(input, env, (value) => (isTrue(value) ? then : otherwise).paths(path, input, env, emit)),
  }
}

/** `try body catch handler`, and `body?`, which has none. What comes after it is not guarded. */
export function compileTry(ast: Ast & { kind: 'try' }, scope: Scope, compiler: Compiler): Compiled {
  const body = compiler.compile(ast.body, scope)
  const handler = ast.handler && compiler.compile(ast.handler, scope)
  const [oneBody, oneHandler] = [body.one, handler?.one]
  return {
    one:
      oneBody &&
      oneHandler &&
      ((input, env) => {
        try {
          return oneBody(input, env)
        } catch (error) {
          if (error instanceof JqError) return oneHandler(error.value, env)
          throw error
        }
      }),
    each: (input, env, emit) => {
      const error = errorOf((outside) => body.each(input, env, (value) => outside(() => emit(value))))
      if (error !== undefined) handler?.each(error.value, env, emit)
    },
    paths: (path, input, env, emit) => {
      const error = errorOf((outside) =>
        body.paths(path, input, env, (from, value) => outside(() => emit(from, value))),
      )
      if (error !== undefined) handler?.paths(path, error.value, env, emit)
    },
  }
}

/** `label $name | body`: ends at `break $name`. */
export function compileLabel(ast: Ast & { kind: 'label' }, scope: Scope, compiler: Compiler): Compiled {
  const body = compiler.compile(ast.body, scope.with('label', ast.name))
  return {
    one: undefined,
    each: (input, env, emit) => untilBreak((label) => body.each(input, new Env(label, env), emit)),
    paths: (path, input, env, emit) =>
      untilBreak((label) => body.paths(path, input, new Env(label, env), emit)),
  }
}

/** Runs a function until it throws the label that it receives. */
export function untilBreak(run: (label: Break) => void): void {
  const label = new Break()
  try {
    run(label)
  } catch (thrown) {
    if (thrown !== label) throw thrown
  }
}

export function compileBreak(ast: Ast & { kind: 'break' }, scope: Scope): Compiled {
  const steps = scope.find('label', ast.name)
  if (steps === undefined)
    throw new JqSyntaxError(`there is no label $${ast.name} around this break`, ast.offset)
  const leave = (env: Env | undefined): never => {
    throw outwards(env, steps)?.value
  }
  return { one: undefined, each: (_input, env) => leave(env), paths: (_path, _input, env) => leave(env) }
}
