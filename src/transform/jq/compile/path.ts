import { JqError } from '../errors.js'
import type { Json } from '../values/json.js'
import { cut, dump } from '../values/text.js'

/** The keys from a value up to what it was taken from. */
export interface Step {
  readonly key: Json
  readonly from: Path
}

export type Path = Step | typeof ROOT | typeof NO_PATH

/** The path of the value itself. */
export const ROOT: unique symbol = Symbol('root')
/** The path of what was computed. */
export const NO_PATH: unique symbol = Symbol('no path')

/** Goes one key down. @throws JqError where what `of` is has no path */
export function step(from: Path, key: Json, of: Json): Path {
  if (from === NO_PATH)
    throw new JqError(
      `Invalid path expression near attempt to access element ${cut(dump(key))} of ${cut(dump(of))}`,
    )
  return { key, from }
}

/** @throws JqError where what is iterated over has no path */
export function assertIterable(path: Path, of: Json): void {
  if (path === NO_PATH)
    throw new JqError(`Invalid path expression near attempt to iterate through ${cut(dump(of))}`)
}

/** The keys from the outermost in. @throws JqError where there is no path */
export function keysOf(path: Path, value: Json): Json[] {
  if (path === NO_PATH) throw new JqError(`Invalid path expression with result ${cut(dump(value))}`)
  const keys: Json[] = []
  for (let at: Path = path; typeof at === 'object'; at = at.from) keys.push(at.key)
  return keys.reverse()
}
