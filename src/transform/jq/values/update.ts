import { type Budget, charge } from '../budget.js'
import { JqError } from '../errors.js'
import { at, cannotIndex, sliceBounds } from './access.js'
import { compare } from './compare.js'
import {
  copyOf,
  field,
  isArray,
  isObject,
  type Json,
  type JsonArray,
  type JsonObject,
  put,
  typeOf,
} from './json.js'

const MAX_PATH = 10_000
/** Maximum index. A larger one is refused, because the array would be filled with nulls. */
const MAX_INDEX = 536_870_911

/** Returns the value at a path; `null` if a value on the way is null. */
export function getPath(value: Json, path: readonly Json[]): Json {
  assertShallow(path)
  let found = value
  for (const key of path) {
    if (found === null) return null
    found = at(found, key)
  }
  return found
}

/** Changes values at several paths in one copy of the value that contains them. */
export class Update {
  /** Copies that are not shared, so that they can be changed in place. */
  readonly #owned = new Set<Json>()
  readonly #budget: Budget
  #value: Json

  constructor(value: Json, budget: Budget) {
    this.#value = value
    this.#budget = budget
  }

  get value(): Json {
    return this.#value
  }

  /** @param change gives the new value, or `undefined` to leave everything as it is */
  set(path: readonly Json[], change: (before: Json) => Json | undefined): void {
    const before = getPath(this.#value, path)
    // The result of `change` may contain its argument, even several times, so the copies may be shared now.
    if (this.#owned.has(before)) this.#owned.clear()
    const after = change(before)
    if (after !== undefined) this.replace(path, after)
  }

  replace(path: readonly Json[], after: Json): void {
    assertShallow(path)
    const parts: Json[] = []
    let part = this.#value
    for (const key of path) {
      parts.push(part)
      part = partOf(part, key)
    }
    // A loop instead of recursion, because a path may be longer than the stack is deep.
    let made = after
    for (let depth = path.length - 1; depth >= 0; depth--)
      made = this.#with(parts[depth] as Json, path[depth] as Json, made)
    this.#value = made
  }

  #with(value: Json, key: Json, part: Json): Json {
    if (typeof key === 'string') {
      const copy = this.#own(value, () => copyOf((value as JsonObject | null) ?? {})) as Record<string, Json>
      put(copy, key, part)
      return copy
    }
    if (typeof key === 'number') return this.#withElement(value as JsonArray | null, key, part)
    return withSlice(value as JsonArray | null, key as JsonObject, part)
  }

  #withElement(array: JsonArray | null, key: number, part: Json): Json {
    const whole = Math.trunc(key)
    const index = whole < 0 ? whole + (array?.length ?? 0) : whole
    if (index < 0) throw new JqError('Out of bounds negative array index')
    if (index > MAX_INDEX) throw new JqError('Array index too large')
    const copy = this.#own(array, () => [...(array ?? [])]) as Json[]
    charge(this.#budget, Math.max(0, index - copy.length))
    while (copy.length < index) copy.push(null)
    copy[index] = part
    return copy
  }

  #own(value: Json, copy: () => Json): Json {
    if (this.#owned.has(value)) return value
    const own = copy()
    charge(this.#budget, isArray(own) ? own.length : 1)
    this.#owned.add(own)
    return own
  }
}

/** A copy with another value at a path. */
export function setPath(value: Json, path: readonly Json[], after: Json, budget: Budget): Json {
  const update = new Update(value, budget)
  update.replace(path, after)
  return update.value
}

/** Returns the value of a key that can be written. @throws JqError if it cannot */
function partOf(value: Json, key: Json): Json {
  if (typeof key === 'string' && (value === null || isObject(value)))
    return value === null ? null : field(value, key)
  if (typeof key === 'number' && (value === null || isArray(value))) {
    if (Number.isNaN(key)) throw new JqError('Cannot set array element at NaN index')
    return at(value, Math.trunc(key))
  }
  if (isObject(key) && (value === null || isArray(value))) return at(value, key)
  if (isObject(key) && typeof value === 'string') throw new JqError('Cannot update string slices')
  if (isArray(key) && isArray(value)) throw new JqError('Cannot update field at array index of array')
  throw cannotIndex(value, key)
}

function withSlice(array: JsonArray | null, key: JsonObject, part: Json): Json {
  const [start, end] = sliceBounds(array?.length ?? 0, field(key, 'start'), field(key, 'end'))
  if (!isArray(part)) throw new JqError('A slice of an array can only be assigned another array')
  return [...(array ?? []).slice(0, start), ...part, ...(array ?? []).slice(end)]
}

/** Returns a copy without the values at these paths. The paths refer to the value before the deletion. */
export function deletePaths(value: Json, paths: readonly Json[], budget: Budget): Json {
  const keys = paths.map((path) => {
    if (!isArray(path)) throw new JqError('Path must be specified as an array')
    assertShallow(path)
    return path
  })
  return deleteAll(value, keys.sort(compare), 0, budget)
}

/** @param paths sorted; equal up to `depth` */
function deleteAll(value: Json, paths: readonly JsonArray[], depth: number, budget: Budget): Json {
  if (paths.length === 0) return value
  if ((paths[0] as JsonArray).length === depth) return null
  const keys: Json[] = []
  let left = value
  // From the end, so that deletions do not move the elements that are deleted later.
  for (let last = paths.length - 1; last >= 0; ) {
    const key = (paths[last] as JsonArray)[depth] as Json
    let first = last
    while (first > 0 && compare((paths[first - 1] as JsonArray)[depth] as Json, key) === 0) first--
    const group = paths.slice(first, last + 1)
    last = first - 1
    if ((group[0] as JsonArray).length === depth + 1) keys.push(key)
    else if (left !== null) {
      const inner = at(left, key)
      if (inner !== null) left = setPath(left, [key], deleteAll(inner, group, depth + 1, budget), budget)
    }
  }
  return keys.length === 0 ? left : deleteKeys(left, keys, budget)
}

function deleteKeys(value: Json, keys: readonly Json[], budget: Budget): Json {
  if (value === null) return null
  if (isArray(value)) {
    charge(budget, value.length)
    const gone = new Set<number>()
    for (const key of keys) for (const index of indicesOf(value.length, key)) gone.add(index)
    return gone.size === 0 ? value : value.filter((_, index) => !gone.has(index))
  }
  if (!isObject(value)) throw new JqError(`Cannot delete fields from ${typeOf(value)}`)
  const copy = copyOf(value)
  for (const key of keys) {
    if (typeof key !== 'string') throw new JqError(`Cannot delete ${typeOf(key)} field of object`)
    delete copy[key]
  }
  return copy
}

/** Returns the indices that a key of an array refers to. */
function indicesOf(length: number, key: Json): readonly number[] {
  if (typeof key === 'number') {
    const whole = Math.trunc(key)
    return [whole < 0 ? whole + length : whole]
  }
  if (!isObject(key)) throw new JqError(`Cannot delete ${typeOf(key)} element of array`)
  const [start, end] = sliceBounds(length, field(key, 'start'), field(key, 'end'))
  return Array.from({ length: end - start }, (_, index) => start + index)
}

function assertShallow(path: readonly Json[]): void {
  if (path.length > MAX_PATH) throw new JqError('Path too deep')
}
