import { JqError } from '../errors.js'
import { field, isArray, type Json, type JsonArray, type JsonObject } from './json.js'

const MAX_DEPTH = 10_000

/** jq's order: null, false, true, numbers (NaN first), strings by code point, arrays, objects. */
export function compare(left: Json, right: Json): number {
  return ordered(left, right, 0)
}

export function equal(left: Json, right: Json): boolean {
  return same(left, right, 0)
}

function rank(value: Json): number {
  if (value === null) return 0
  switch (typeof value) {
    case 'boolean':
      return value ? 2 : 1
    case 'number':
      return 3
    case 'string':
      return 4
    default:
      return Array.isArray(value) ? 5 : 6
  }
}

function ordered(left: Json, right: Json, depth: number): number {
  // NaN is less than every number, itself too.
  if (typeof left === 'number' && typeof right === 'number')
    return left < right || Number.isNaN(left) ? -1 : left === right ? 0 : 1
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  const difference = rank(left) - rank(right)
  if (difference !== 0 || typeof left !== 'object' || left === null) return difference
  if (depth > MAX_DEPTH) throw new JqError('Comparison too deep')
  return isArray(left)
    ? orderedArrays(left, right as JsonArray, depth + 1)
    : orderedObjects(left as JsonObject, right as JsonObject, depth + 1)
}

function orderedArrays(left: JsonArray, right: JsonArray, depth: number): number {
  const shared = Math.min(left.length, right.length)
  for (let index = 0; index < shared; index++) {
    const difference = ordered(left[index] as Json, right[index] as Json, depth)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** By the sorted keys first, then by the values in the order of the keys. */
function orderedObjects(left: JsonObject, right: JsonObject, depth: number): number {
  const keys = sortedKeys(left)
  const byKeys = orderedArrays(keys, sortedKeys(right), depth)
  if (byKeys !== 0) return byKeys
  for (const key of keys) {
    const difference = ordered(left[key] as Json, right[key] as Json, depth)
    if (difference !== 0) return difference
  }
  return 0
}

function same(left: Json, right: Json, depth: number): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (depth > MAX_DEPTH) throw new JqError('Equality check too deep')
  if (isArray(left)) {
    if (!isArray(right) || left.length !== right.length) return false
    for (let index = 0; index < left.length; index++)
      if (!same(left[index] as Json, right[index] as Json, depth + 1)) return false
    return true
  }
  if (isArray(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  for (const key of keys)
    if (!Object.hasOwn(right, key) || !same(field(left, key), field(right, key), depth + 1)) return false
  return true
}

export function sortedKeys(object: JsonObject): string[] {
  return Object.keys(object).sort(compareText)
}

/** By code point: UTF-16 puts what is beyond U+FFFF before U+E000. */
function compareText(left: string, right: string): number {
  if (left === right) return 0
  const shared = Math.min(left.length, right.length)
  for (let index = 0; index < shared; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)]
    if (a !== b) return inCodePointOrder(a) - inCodePointOrder(b)
  }
  return left.length - right.length
}

const SURROGATES_FROM = 0xd800
const SURROGATES_TO = 0xdfff

function inCodePointOrder(unit: number): number {
  return unit >= SURROGATES_FROM && unit <= SURROGATES_TO ? unit + 0x1_0000 : unit
}
