import { charge } from '../budget.js'
import { iterate } from '../compile/access.js'
import { type Compiled, many, single } from '../compile/compiled.js'
import { assertIterable, keysOf, type Path, ROOT, step } from '../compile/path.js'
import { JqError } from '../errors.js'
import { isArray, isTrue, type Json } from '../values/json.js'
import { getPath } from '../values/update.js'
import type { Form } from './form.js'

/** Functions that pass values on, raise errors or return paths. */
export const FLOW: Readonly<Record<string, Form>> = {
  'empty/0': () => ({ one: undefined, each: () => {}, paths: () => {} }),
  'not/0': () => single((input) => !isTrue(input)),
  'error/0': () => raising((input) => input),
  'error/1': ([message]) =>
    many((input, env) =>
      message.each(input, env, (value) => {
        throw new JqError(value)
      }),
    ),
  'select/1': ([condition]) => select(condition),
  'map/1': ([filter], { budget }) =>
    single((input, env) => {
      const { one } = filter
      const items: Json[] = []
      iterate(
        input,
        budget,
        one
          ? (value) => items.push(one(value, env))
          : (value) =>
              filter.each(value, env, (item) => {
                charge(budget, 1)
                items.push(item)
              }),
      )
      return items
    }),
  'path/1': ([filter], { budget }) =>
    many((input, env, emit) =>
      filter.paths(ROOT, input, env, (path, value) => {
        charge(budget, 1)
        emit(keysOf(path, value))
      }),
    ),
  'getpath/1': ([path]) => ({
    one: path.one && ((input, env) => getPath(input, keysIn((path.one as Compiled['one'] & {})(input, env)))),
    each: (input, env, emit) => path.each(input, env, (keys) => emit(getPath(input, keysIn(keys)))),
    paths: (from, input, env, emit) =>
      path.each(input, env, (keys) => {
        assertIterable(from, input)
        const to = keysIn(keys).reduce((at: Path, key) => step(at, key, input), from)
        emit(to, valueOrNull(input, keysIn(keys)))
      }),
  }),
}

function raising(value: (input: Json) => Json): Compiled {
  return single((input) => {
    throw new JqError(value(input))
  })
}

function select(condition: Compiled): Compiled {
  const { one, each } = condition
  return {
    one: undefined,
    each: one
      ? (input, env, emit) => {
          if (isTrue(one(input, env))) emit(input)
        }
      : (input, env, emit) =>
          each(input, env, (holds) => {
            if (isTrue(holds)) emit(input)
          }),
    paths: (path, input, env, emit) =>
      each(input, env, (holds) => {
        if (isTrue(holds)) emit(path, input)
      }),
  }
}

function keysIn(path: Json): readonly Json[] {
  if (!isArray(path)) throw new JqError('Path must be specified as an array')
  return path
}

function valueOrNull(value: Json, path: readonly Json[]): Json {
  try {
    return getPath(value, path)
  } catch (error) {
    if (error instanceof JqError) return null
    throw error
  }
}
