import { type Budget, charge } from '../budget.js'
import { JqError, JqSyntaxError } from '../errors.js'
import type { Ast, ObjectEntry } from '../syntax/ast.js'
import { FORMATS, type Format } from '../values/formats.js'
import { type Json, put } from '../values/json.js'
import { describe } from '../values/text.js'
import { type Compiled, type Emit, type Env, many, single } from './compiled.js'
import type { Compiler, Scope } from './scope.js'

export function literal(value: Json): Compiled {
  return single(() => value)
}

/** `[items]`. */
export function compileArray(ast: Ast & { kind: 'array' }, scope: Scope, compiler: Compiler): Compiled {
  if (ast.items === undefined) return literal([])
  const { one, each } = compiler.compile(ast.items, scope)
  if (one) return single((input, env) => [one(input, env)])
  const { budget } = compiler
  return single((input, env) => collect(each, input, env, budget))
}

/** All values of a filter in an array. */
export function collect(each: Compiled['each'], input: Json, env: Env | undefined, budget: Budget): Json[] {
  const items: Json[] = []
  each(input, env, (value) => {
    charge(budget, 1)
    items.push(value)
  })
  return items
}

/** `{key: value, …}`: an object for each combination of values, the first entry varying most slowly. */
export function compileObject(ast: Ast & { kind: 'object' }, scope: Scope, compiler: Compiler): Compiled {
  const entries = ast.entries.map(({ key, value }: ObjectEntry) => ({
    key: compiler.compile(key, scope),
    name: key.kind === 'literal' && typeof key.value === 'string' ? key.value : undefined,
    value: compiler.compile(value, scope),
  }))
  const ones = entries.map(({ key, name, value }) => ({ name, key: key.one, value: value.one }))
  if (ones.every(({ key, value }) => key !== undefined && value !== undefined))
    return single((input, env) => {
      const object: Record<string, Json> = {}
      for (const { name, key, value } of ones)
        put(
          object,
          name ?? keyText((key as Compiled['one'] & {})(input, env)),
          (value as Compiled['one'] & {})(input, env),
        )
      return object
    })
  const { budget } = compiler
  const fill = (
    input: Json,
    env: Env | undefined,
    index: number,
    before: Record<string, Json>,
    emit: Emit,
  ): void => {
    const entry = entries[index]
    if (entry === undefined) return emit(before)
    entry.key.each(input, env, (key) => {
      const name = keyText(key)
      entry.value.each(input, env, (value) => {
        charge(budget, index + 1)
        const object = { ...before }
        put(object, name, value)
        fill(input, env, index + 1, object, emit)
      })
    })
  }
  return many((input, env, emit) => fill(input, env, 0, {}, emit))
}

function keyText(key: Json): string {
  if (typeof key !== 'string') throw new JqError(`Cannot use ${describe(key)} as object key`)
  return key
}

/** `@name`: formats the input as a string. */
export function compileFormat(name: string): Compiled {
  const format = formatNamed(name)
  return single((input) => format(input))
}

/** `"…\(filter)…"`: a text for each combination of values, the last filter varying most slowly. */
export function compileText(ast: Ast & { kind: 'text' }, scope: Scope, compiler: Compiler): Compiled {
  const format = formatNamed(ast.format)
  const parts = ast.parts.map((part) => (typeof part === 'string' ? part : compiler.compile(part, scope)))
  const { budget } = compiler
  const put = (value: Json) => {
    const text = format(value)
    charge(budget, text.length >> 6)
    return text
  }
  if (parts.every((part) => typeof part === 'string' || part.one !== undefined))
    return single((input, env) => {
      let text = ''
      for (const part of parts)
        text += typeof part === 'string' ? part : put((part.one as Compiled['one'] & {})(input, env))
      return text
    })
  const fill = (input: Json, env: Env | undefined, index: number, after: string, emit: Emit): void => {
    const part = parts[index]
    if (part === undefined) return emit(after)
    if (typeof part === 'string') return fill(input, env, index - 1, part + after, emit)
    part.each(input, env, (value) => fill(input, env, index - 1, put(value) + after, emit))
  }
  return many((input, env, emit) => fill(input, env, parts.length - 1, '', emit))
}

function formatNamed(name: string): Format {
  const format = FORMATS.get(name)
  if (format === undefined)
    throw new JqSyntaxError(
      `@${name} is not a format; there are ${[...FORMATS.keys()].map((key) => `@${key}`).join(' ')}`,
      0,
    )
  return format
}
