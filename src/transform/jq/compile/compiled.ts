import type { Json } from '../values/json.js'
import { NO_PATH, type Path } from './path.js'

/** The environment of a filter: variables, filters passed as arguments, and labels; innermost first. */
export class Env {
  readonly value: unknown
  readonly outer: Env | undefined

  constructor(value: unknown, outer: Env | undefined) {
    this.value = value
    this.outer = outer
  }
}

export type Emit = (value: Json) => void
export type EmitPath = (path: Path, value: Json) => void
export type One = (input: Json, env: Env | undefined) => Json
export type Each = (input: Json, env: Env | undefined, emit: Emit) => void
export type Paths = (path: Path, input: Json, env: Env | undefined, emit: EmitPath) => void

/** A filter, ready to run. */
export interface Compiled {
  /** Set if the filter always yields exactly one value. Saves a callback. */
  readonly one: One | undefined
  /** Passes each value to `emit`, in order. */
  readonly each: Each
  /** Passes each value to `emit` with its path from the root of the input. */
  readonly paths: Paths
}

/** A filter that is the argument of a function. It uses the variables of the place where it was written. */
export interface Closure {
  readonly filter: Compiled
  readonly env: Env | undefined
}

/** Makes a filter that computes exactly one value, and does not select it from the input. */
export function single(one: One): Compiled {
  return {
    one,
    each: (input, env, emit) => emit(one(input, env)),
    paths: (path, input, env, emit) => {
      const value = one(input, env)
      emit(pathOf(path, input, value), value)
    },
  }
}

/** Makes a filter that computes any number of values, and does not select them from the input. */
export function many(each: Each): Compiled {
  return {
    one: undefined,
    each,
    paths: (path, input, env, emit) => each(input, env, (value) => emit(pathOf(path, input, value), value)),
  }
}

/** A computed value has no path, unless it is identical to the input. jq makes the same exception. */
function pathOf(path: Path, input: Json, value: Json): Path {
  return Object.is(value, input) ? path : NO_PATH
}

/** Returns the environment that many steps further out. */
export function outwards(env: Env | undefined, steps: number): Env | undefined {
  let found = env
  for (let step = 0; step < steps; step++) found = found?.outer
  return found
}
