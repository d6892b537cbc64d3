import { MOST_DEPTH, plainValue } from './plain-value.js'
import type { Value } from './value.js'

/** The quick check stops after this many parts: a small graph with shared parts may unfold into a huge tree. */
const MOST_PARTS = 100_000
/** The longest array that the quick check reads. A sparse array may have billions of items without using memory. */
const MOST_ITEMS = 10_000_000

const OBJECT = Object.prototype
const BYTES = Uint8Array.prototype
const BUFFER = Buffer.prototype
const DATE = Date.prototype

// A module variable for speed: each check runs synchronously, so two never overlap.
let parts = 0

/**
 * Converts a value as `JSON.stringify` would, because structured clone treats classes and `toJSON` differently.
 *
 * Calls `toJSON`, and turns instances of classes into plain objects. Bytes, dates, NaN and bigints stay: the wire
 * format decides about them. Returns the value itself, after one pass over it, if nothing needs to change.
 * @throws SerializeError with the path of the member that cannot be sent, such as `$.items[3].at`
 */
export function prepareValue(value: unknown): Value {
  switch (typeof value) {
    case 'object':
      if (value === null) return value
      return (isReadyAsItIs(value) ? value : plainValue(value)) as Value
    case 'function':
    case 'symbol':
    case 'bigint':
      return plainValue(value) as Value
    default:
      return value as Value
  }
}

function isReadyAsItIs(value: object): boolean {
  parts = MOST_PARTS
  try {
    return isReady(value, MOST_DEPTH)
  } catch {
    // A getter threw: `plainValue` finds out which.
    return false
  }
}

/**
 * Whether structured clone and `JSON.stringify` treat the object alike; false if that takes a closer look. Reads
 * `constructor` first because that is faster than the prototype. A Map with the constructor of plain objects is still
 * refused, because that constructor is then a member, and a function.
 */
function isReady(value: object, depth: number): boolean {
  const made = value.constructor
  if (made === Object) return areMembersReady(value, depth - 1)
  if (made === Array) return areItemsReady(value as readonly unknown[], depth - 1)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === OBJECT || prototype === null) return areMembersReady(value, depth - 1)
  return prototype === BYTES || prototype === BUFFER || prototype === DATE
}

function areMembersReady(holder: object, depth: number): boolean {
  if (depth < 0 || (holder as { toJSON?: unknown }).toJSON !== undefined) return false
  for (const key in holder) if (!isPartReady((holder as Record<string, unknown>)[key], depth)) return false
  return true
}

function areItemsReady(items: readonly unknown[], depth: number): boolean {
  if (depth < 0 || items.length > MOST_ITEMS || (items as { toJSON?: unknown }).toJSON !== undefined)
    return false
  for (let i = 0; i < items.length; i++) if (!isPartReady(items[i], depth)) return false
  return true
}

function isPartReady(part: unknown, depth: number): boolean {
  if (part === null) return true
  switch (typeof part) {
    case 'object':
      return --parts >= 0 && isReady(part as object, depth)
    case 'function':
    case 'symbol':
    case 'bigint':
      return false
    default:
      return true
  }
}
