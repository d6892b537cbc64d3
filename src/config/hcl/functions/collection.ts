import { toText } from '../convert.js'
import type { HclFunction } from '../values.js'
import { entries, equal, getKey, type HclObject, type HclValue, isLate, isObject, setKey } from '../values.js'
import { FunctionFault, hclFunction } from './define.js'

const MAX_RANGE = 100_000

/** Removes elements that are equal to an earlier one. */
export function distinct(list: readonly HclValue[]): HclValue[] {
  const seen = new Set<HclValue>()
  const composite = new Map<string, HclValue[]>()
  return list.filter((item) => {
    if (typeof item !== 'object' || item === null) return !seen.has(item) && seen.add(item) !== undefined
    const key = outline(item)
    const alike = composite.get(key)
    if (alike?.some((other) => equal(other, item))) return false
    if (alike === undefined) composite.set(key, [item])
    else alike.push(item)
    return true
  })
}

/** Returns a text that is the same for equal values and rarely for others. */
function outline(value: HclValue): string {
  if (Array.isArray(value)) return `[${value.map(outline).join()}]`
  if (isObject(value))
    return `{${entries(value).map(([key, item]) => `${JSON.stringify(key)}:${outline(item)}`)}}`
  return isLate(value)
    ? value.kind
    : JSON.stringify(typeof value === 'string' ? value.normalize('NFC') : value)
}

function flatten(list: readonly HclValue[]): HclValue[] {
  return list.flatMap((item) => (Array.isArray(item) ? flatten(item) : [item]))
}

function merge(objects: readonly HclObject[]): HclObject {
  const merged: HclObject = {}
  for (const object of objects) for (const [key, value] of Object.entries(object)) setKey(merged, key, value)
  return merged
}

function range(first: number, second: number | undefined, third: number | undefined): HclValue[] {
  const [start, end] = second === undefined ? [0, first] : [first, second]
  const step = third ?? (start <= end ? 1 : -1)
  if (step === 0)
    throw new FunctionFault('the step is zero', { argument: 2, expected: 'a number other than 0' })
  const count = Math.max(0, Math.ceil((end - start) / step))
  if (count > MAX_RANGE) throw new FunctionFault(`the range has more than ${MAX_RANGE} numbers`)
  return Array.from({ length: count }, (_, index) => start + index * step)
}

function slice(list: HclValue[], from: number, to: number): HclValue[] {
  const expected = `an index from 0 to ${list.length}`
  if (from < 0 || from > list.length) throw new FunctionFault('out of range', { argument: 1, expected })
  if (to < from || to > list.length) throw new FunctionFault('out of range', { argument: 2, expected })
  return list.slice(from, to)
}

function length(value: HclValue): number {
  if (typeof value === 'string') return [...value].length
  if (Array.isArray(value)) return value.length
  if (typeof value === 'object' && value !== null) return Object.keys(value).length
  throw new FunctionFault('this value has no length', {
    argument: 0,
    expected: 'a string, a list or an object',
  })
}

function lookupKey(object: HclObject, key: string, fallback: HclValue | undefined): HclValue {
  const found = getKey(object, key) ?? fallback
  if (found === undefined) throw new FunctionFault('unknown key, and no default', { argument: 1 })
  return found
}

function coalesce(values: readonly HclValue[]): HclValue {
  const found = values.find((value) => value !== null && value !== '')
  if (found === undefined) throw new FunctionFault('every argument is null or an empty string')
  return found
}

function contains(collection: HclValue[] | HclObject, wanted: HclValue): boolean {
  const items = Array.isArray(collection) ? collection : Object.values(collection)
  return items.some((item) => equal(item, wanted))
}

function element(list: HclValue[], index: number): HclValue {
  if (list.length === 0)
    throw new FunctionFault('the list is empty', { argument: 0, expected: 'a list with elements' })
  return list[((index % list.length) + list.length) % list.length]!
}

function indexOf(list: HclValue[], wanted: HclValue): number {
  const at = list.findIndex((item) => equal(item, wanted))
  if (at === -1) throw new FunctionFault('the list does not contain this element', { argument: 1 })
  return at
}

function zipmap(keys: string[], values: HclValue[]): HclObject {
  if (keys.length !== values.length) {
    const expected = `a list of ${keys.length} elements`
    throw new FunctionFault('the number of values differs from the number of keys', { argument: 1, expected })
  }
  const object: HclObject = {}
  for (const [index, key] of keys.entries()) setKey(object, key, values[index]!)
  return object
}

function sort(list: HclValue[]): HclValue[] {
  const texts = list.map((item) => toText(item))
  if (texts.includes(undefined))
    throw new FunctionFault('only strings can be sorted', { argument: 0, expected: 'a list of strings' })
  return (texts as string[]).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Functions of lists and objects. */
export const collectionFunctions: Record<string, HclFunction> = {
  coalesce: hclFunction('coalesce(values...)', ['any'], (values) => coalesce(values), 'any'),
  concat: hclFunction('concat(lists...)', ['list'], (lists) => lists.flat(1) as HclValue[], 'list'),
  contains: hclFunction('contains(list, value)', ['collection', 'any'], ([list, value]) =>
    contains(list, value),
  ),
  distinct: hclFunction('distinct(list)', ['list'], ([list]) => distinct(list)),
  element: hclFunction('element(list, index)', ['list', 'integer'], ([list, index]) => element(list, index)),
  flatten: hclFunction('flatten(list)', ['list'], ([list]) => flatten(list)),
  index: hclFunction('index(list, value)', ['list', 'any'], ([list, value]) => indexOf(list, value)),
  keys: hclFunction('keys(object)', ['object'], ([object]) => entries(object).map(([key]) => key)),
  length: hclFunction('length(value)', ['any'], ([value]) => length(value)),
  lookup: hclFunction('lookup(object, key, default)', ['object', 'string', 'any?'], (values) =>
    lookupKey(...values),
  ),
  merge: hclFunction('merge(objects...)', [], (objects) => merge(objects), 'object'),
  range: hclFunction('range(start, end, step)', ['number', 'number?', 'number?'], (values) =>
    range(...values),
  ),
  reverse: hclFunction('reverse(list)', ['list'], ([list]) => list.toReversed()),
  slice: hclFunction('slice(list, start, end)', ['list', 'integer', 'integer'], (values) => slice(...values)),
  sort: hclFunction('sort(list)', ['list'], ([list]) => sort(list)),
  values: hclFunction('values(object)', ['object'], ([object]) => entries(object).map(([, value]) => value)),
  zipmap: hclFunction('zipmap(keys, values)', ['strings', 'list'], ([keys, values]) => zipmap(keys, values)),
}
