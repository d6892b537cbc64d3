import { type Budget, charge } from '../budget.js'
import { JqError } from '../errors.js'
import { at, indicesIn, lengthOf } from '../values/access.js'
import { add, splitText, subtract } from '../values/arithmetic.js'
import { compare, equal, sortedKeys } from '../values/compare.js'
import { FORMATS, textOf } from '../values/formats.js'
import { isArray, isObject, type Json, type JsonArray, typeOf } from '../values/json.js'
import { parseJson, parseNumber } from '../values/parse.js'
import { describe, dump } from '../values/text.js'
import { deletePaths, setPath } from '../values/update.js'
import { sum } from './loops.js'

/** A function of values: called with each combination of its arguments, the first varying fastest. */
export type ValueFunction = (input: Json, args: readonly Json[], budget: Budget) => Json

/** `name/arity` of the functions of values of any type. */
export const VALUES: Readonly<Record<string, ValueFunction>> = {
  'length/0': (input) => {
    if (input === null) return 0
    if (typeof input === 'string') return lengthOf(input)
    if (typeof input === 'number') return Math.abs(input)
    if (typeof input === 'boolean') throw new JqError(`${describe(input)} has no length`)
    return isArray(input) ? input.length : Object.keys(input).length
  },
  'type/0': typeOf,
  'keys/0': (input, _args, budget) => keys(input, budget, true),
  'keys_unsorted/0': (input, _args, budget) => keys(input, budget, false),
  'has/1': (input, [key]) => has(input, key as Json),
  'contains/1': (input, [part], budget) => contains(input, part as Json, budget, 0),
  'add/0': (input, _args, budget) => {
    if (isArray(input)) return joined(input, budget)
    if (isObject(input)) return joined(Object.values(input), budget)
    throw new JqError(`Cannot iterate over ${describe(input)}`)
  },
  'sort/0': (input, _args, budget) => sorted(input, budget),
  'unique/0': (input, _args, budget) => {
    const items = sorted(input, budget)
    return items.filter((item, index) => index === 0 || compare(items[index - 1] as Json, item) !== 0)
  },
  'min/0': (input) => extreme(input, (difference) => difference < 0),
  'max/0': (input) => extreme(input, (difference) => difference >= 0),
  'tostring/0': (input) => textOf(input),
  'tojson/0': (input) => dump(input),
  'fromjson/0': (input) => {
    if (typeof input !== 'string') throw new JqError(`${describe(input)} only strings can be parsed`)
    return parseJson(input)
  },
  'tonumber/0': (input) => {
    const value =
      typeof input === 'number' ? input : typeof input === 'string' ? parseNumber(input) : undefined
    if (value === undefined) throw new JqError(`${describe(input)} cannot be parsed as a number`)
    return value
  },
  'toboolean/0': (input) => {
    if (typeof input === 'boolean') return input
    if (input === 'true' || input === 'false') return input === 'true'
    throw new JqError(`${describe(input)} cannot be parsed as a boolean`)
  },
  'format/1': (input, [name]) => {
    const format = typeof name === 'string' ? FORMATS.get(name) : undefined
    if (format === undefined) throw new JqError(`${textOf(name as Json)} is not a valid format`)
    return format(input)
  },
  'setpath/2': (input, [path, value], budget) => {
    if (!isArray(path as Json)) throw new JqError('Path must be specified as an array')
    return setPath(input, path as JsonArray, value as Json, budget)
  },
  'delpaths/1': (input, [paths], budget) => {
    if (!isArray(paths as Json)) throw new JqError('Paths must be specified as an array')
    return deletePaths(input, paths as JsonArray, budget)
  },
  'to_entries/0': (input, _args, budget) =>
    keys(input, budget, false).map((key) => ({ key, value: at(input, key) })),
  '_reversed/0': (input, _args, budget) => {
    const items = input as JsonArray
    charge(budget, items.length)
    return [...items].reverse()
  },
  'flatten/0': (input, _args, budget) => flattened(input, Number.POSITIVE_INFINITY, budget),
  'flatten/1': (input, [depth], budget) => {
    if (compare(depth as Json, 0) < 0) throw new JqError('flatten depth must not be negative')
    return flattened(input, depth as Json, budget)
  },
  'bsearch/1': (input, [target]) => bsearch(input, target as Json),
  'indices/1': (input, [part], budget) => indices(input, part as Json, budget),
  'split/1': (input, [separator], budget) => {
    if (typeof input !== 'string' || typeof separator !== 'string')
      throw new JqError('split input and separator must be strings')
    return splitText(input, separator, budget)
  },
  'toarray/0': (input) => (isArray(input) ? input : [input]),
  'have_decnum/0': () => false,
  'have_literal_numbers/0': () => true,
}

function keys(value: Json, budget: Budget, inOrder: boolean): (string | number)[] {
  if (isArray(value)) return value.map((_, index) => index)
  if (!isObject(value)) throw new JqError(`${describe(value)} has no keys`)
  const names = inOrder ? sortedKeys(value) : Object.keys(value)
  charge(budget, names.length)
  return names
}

function has(value: Json, key: Json): boolean {
  if (value === null) return false
  if (isObject(value) && typeof key === 'string') return Object.hasOwn(value, key)
  if (isArray(value) && typeof key === 'number') return key >= 0 && key < value.length
  throw new JqError(`Cannot check whether ${typeOf(value)} has a ${typeOf(key)} key`)
}

const MAX_DEPTH = 10_000

function contains(whole: Json, part: Json, budget: Budget, depth: number): boolean {
  charge(budget, 1)
  if (depth > MAX_DEPTH) throw new JqError('Containment check too deep')
  // Loops instead of callbacks: a nested value then takes one stack frame for each level.
  if (isObject(whole) && isObject(part)) {
    for (const key of Object.keys(part))
      if (!Object.hasOwn(whole, key) || !contains(whole[key] as Json, part[key] as Json, budget, depth + 1))
        return false
    return true
  }
  if (isArray(whole) && isArray(part)) {
    each: for (const item of part) {
      for (const other of whole)
        if (typeOf(other) === typeOf(item) && contains(other, item, budget, depth + 1)) continue each
      return false
    }
    return true
  }
  if (typeof whole === 'string' && typeof part === 'string') return whole.includes(part)
  if (depth > 0 || typeOf(whole) === typeOf(part)) return equal(whole, part)
  throw new JqError(`${describe(whole)} and ${describe(part)} cannot have their containment checked`)
}

/** Flattens nested arrays. @param depth how many levels; a fraction never reaches 0, so it flattens all */
function flattened(value: Json, depth: Json, budget: Budget): Json[] {
  const levels = Number.isInteger(depth) ? (depth as number) : Number.POSITIVE_INFINITY
  const flat: Json[] = []
  const open: { items: readonly Json[]; at: number }[] = []
  if (isArray(value)) open.push({ items: value, at: 0 })
  else if (isObject(value)) open.push({ items: Object.values(value), at: 0 })
  else throw new JqError(`Cannot iterate over ${describe(value)}`)
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const item = top.items[top.at++]
    charge(budget, 1)
    if (item === undefined) open.pop()
    else if (isArray(item) && open.length <= levels) {
      if (typeof depth !== 'number') subtract(depth, 1, budget)
      open.push({ items: item, at: 0 })
    } else flat.push(item)
  }
  return flat
}

function joined(items: readonly Json[], budget: Budget): Json {
  charge(budget, items.length)
  return sum(items, (left, right) => add(left, right, budget))
}

function sorted(value: Json, budget: Budget): Json[] {
  if (!isArray(value)) throw new JqError(`${describe(value)} cannot be sorted, as it is not an array`)
  charge(budget, value.length * Math.ceil(Math.log2(value.length + 1)))
  return [...value].sort(compare)
}

function extreme(value: Json, isBetter: (difference: number) => boolean): Json {
  if (!isArray(value)) throw new JqError(`${describe(value)} and ${describe(value)} cannot be iterated over`)
  let best: Json = value[0] ?? null
  for (const item of value.slice(1)) if (isBetter(compare(item, best))) best = item
  return best
}

/** Where `target` is in a sorted array, or -1 - where it would be. */
function bsearch(value: Json, target: Json): number {
  if (!isArray(value)) throw new JqError(`${describe(value)} cannot be searched from`)
  let [low, high] = [0, value.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const difference = compare(value[middle] as Json, target)
    if (difference === 0) return middle
    if (difference < 0) low = middle + 1
    else high = middle - 1
  }
  return -1 - low
}

function indices(value: Json, part: Json, budget: Budget): Json {
  charge(budget, typeof value === 'string' || isArray(value) ? value.length : 1)
  if (typeof value === 'string' && typeof part === 'string') return textIndices(value, part)
  if (isArray(value)) return indicesIn(value, isArray(part) ? part : [part])
  return at(value, part)
}

/** Counted in code points. */
export function textIndices(text: string, part: string): number[] {
  const found: number[] = []
  if (part === '') return found
  let [at, points, counted] = [text.indexOf(part), 0, 0]
  while (at >= 0) {
    points += lengthOf(text.slice(counted, at))
    counted = at
    found.push(points)
    at = text.indexOf(part, at + 1)
  }
  return found
}
