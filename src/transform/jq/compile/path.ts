import { JqError } from '../errors.js'
import type { Json } from '../values/json.js'
import { cut, dump } from '../values/text.js'

/** A path as a linked list: the last key, and the path of the value that contains it. */
export interface Step {
  readonly key: Json
  readonly from: Path
}

export type Path = Step | typeof ROOT | typeof NO_PATH

/** The path of the value itself. */
export const ROOT: unique symbol = Symbol('root')
/** The path of a computed value. */
export const NO_PATH: unique symbol = Symbol('no path')

/** Adds a key to a path. @throws JqError if `of` has no path */
export function step(from: Path, key: Json, of: Json): Path {
  if (from === NO_PATH)
    throw new JqError(
      `Invalid path expression near attempt to access element ${cut(dump(key))} of ${cut(dump(of))}`,
    )
  return { key, from }
}

/** @throws JqError if the value that is iterated over has no path */
export function assertIterable(path: Path, of: Json): void {
  if (path === NO_PATH)
    throw new JqError(`Invalid path expression near attempt to iterate through ${cut(dump(of))}`)
}

/** Returns the keys, outermost first. @throws JqError if the value has no path */
export function keysOf(path: Path, value: Json): Json[] {
  if (path === NO_PATH) throw new JqError(`Invalid path expression with result ${cut(dump(value))}`)
  const keys: Json[] = []
  for (let at: Path = path; typeof at === 'object'; at = at.from) keys.push(at.key)
  return keys.reverse()
}
