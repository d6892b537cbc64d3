import type { Json } from '../values/json.js'
import { NO_PATH, type Path } from './path.js'

/** Variables, filters that were passed and labels, innermost first. */
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
  /** Set where it always yields exactly one value: saves the call back. */
  readonly one: One | undefined
  /** Gives each value to `emit`, in order. */
  readonly each: Each
  /** Gives each value with its path in what the input was taken from. */
  readonly paths: Paths
}

/** A filter that was passed to a function: it sees the variables of the place where it was written. */
export interface Closure {
  readonly filter: Compiled
  readonly env: Env | undefined
}

/** A filter that yields exactly one value, which is no part of its input. */
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

/** A filter that yields any number of values, which are no parts of its input. */
export function many(each: Each): Compiled {
  return {
    one: undefined,
    each,
    paths: (path, input, env, emit) => each(input, env, (value) => emit(pathOf(path, input, value), value)),
  }
}

/** What is computed has no path, but for what is identical to the input: jq tells them by that, too. */
function pathOf(path: Path, input: Json, value: Json): Path {
  return Object.is(value, input) ? path : NO_PATH
}

/** The environment so many steps out. */
export function outwards(env: Env | undefined, steps: number): Env | undefined {
  let found = env
  for (let step = 0; step < steps; step++) found = found?.outer
  return found
}
