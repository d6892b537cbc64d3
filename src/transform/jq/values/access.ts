import { JqError } from '../errors.js'
import { compare } from './compare.js'
import { field, isArray, isObject, type Json, type JsonArray, type JsonObject, typeOf } from './json.js'
import { describe } from './text.js'

/** `value[key]`: a member of an object, an element, a slice, or the positions of an array in another. */
export function at(value: Json, key: Json): Json {
  if (typeof key === 'string') return fieldOf(value, key)
  if (isArray(value)) {
    if (typeof key === 'number') return element(value, key)
    if (isArray(key)) return indicesIn(value, key)
    if (isObject(key)) return sliceAt(value, key)
  } else if (value === null) {
    if (typeof key === 'number' || isObject(key)) return null
  } else if (typeof value === 'string' && isObject(key)) return sliceAt(value, key)
  throw cannotIndex(value, key)
}

function sliceAt(value: Json, key: JsonObject): Json {
  if (!Object.hasOwn(key, 'start') || !Object.hasOwn(key, 'end'))
    throw new JqError('Array/string slice indices must be integers')
  return slice(value, field(key, 'start'), field(key, 'end'))
}

export function fieldOf(value: Json, key: string): Json {
  if (typeof value === 'object' && !Array.isArray(value))
    return value === null ? null : field(value as JsonObject, key)
  throw cannotIndex(value, key)
}

export function cannotIndex(value: Json, key: Json): JqError {
  return new JqError(`Cannot index ${typeOf(value)} with ${describe(key)}`)
}

function element(array: JsonArray, key: number): Json {
  const index = Math.floor(key)
  return array[index < 0 ? index + array.length : index] ?? null
}

/** Returns the positions at which `part` begins in `array`. */
export function indicesIn(array: JsonArray, part: JsonArray): number[] {
  const found: number[] = []
  if (part.length === 0) return found
  for (let start = 0; start + part.length <= array.length; start++)
    if (part.every((item, index) => compare(array[start + index] as Json, item) === 0)) found.push(start)
  return found
}

/** `value[from:to]` of an array, or of a text by its code points. */
export function slice(value: Json, from: Json, to: Json): Json {
  if (value === null) return null
  if (typeof value !== 'string' && !isArray(value)) throw cannotIndex(value, { start: from, end: to })
  if (typeof value === 'string' && !SURROGATES.test(value)) {
    const [start, end] = sliceBounds(value.length, from, to)
    return value.slice(start, end)
  }
  const items = typeof value === 'string' ? [...value] : value
  const [start, end] = sliceBounds(items.length, from, to)
  const kept = items.slice(start, end)
  return typeof value === 'string' ? kept.join('') : kept
}

const SURROGATES = /[\ud800-\udfff]/

/** The range that a slice covers: rounded outwards, from the end where negative, and within the length. */
export function sliceBounds(length: number, from: Json, to: Json): [number, number] {
  if (!isBound(from) || !isBound(to))
    throw new JqError('Start and end indices of an array slice must be numbers')
  const start = clamp(from === null || Number.isNaN(from) ? 0 : Math.floor(from), length)
  const end = clamp(to === null || Number.isNaN(to) ? length : Math.ceil(to), length)
  return [start, Math.max(start, end)]
}

function isBound(bound: Json): bound is number | null {
  return bound === null || typeof bound === 'number'
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(length, index < 0 ? index + length : index))
}

/** Code points of a text. */
export function lengthOf(text: string): number {
  if (!SURROGATES.test(text)) return text.length
  let count = 0
  for (const _ of text) count++
  return count
}
