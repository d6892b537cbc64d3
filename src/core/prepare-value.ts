import { MOST_DEPTH, plainValue } from './plain-value.js'
import type { Value } from './value.js'

/** Of a value with more parts the quick walk gives up: a small graph may unfold into a huge tree. */
const MOST_PARTS = 100_000
/** A sparse array may have billions of items that take no memory. */
const MOST_ITEMS = 10_000_000

const OBJECT = Object.prototype
const BYTES = Uint8Array.prototype
const BUFFER = Buffer.prototype
const DATE = Date.prototype

// One walk at a time, start to end without a turn of the loop: a variable for speed only.
let parts = 0

/**
 * What `JSON.stringify` would make of a value, before structured clone makes something else of it: `toJSON` is
 * called, and an instance of a class becomes a plain object. Bytes and dates stay, and so do NaN and bigints: the
 * format decides about them. A value that needs none of this is returned as it is, which costs one walk over it.
 * @throws SerializeError naming the member that cannot be sent, such as `$.items[3].at`
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
    // A getter threw: the closer look finds out which.
    return false
  }
}

/**
 * Whether structured clone makes of the object what `JSON.stringify` would. False where that takes a closer look. The
 * constructor is only quicker to read than the prototype: who gives a Map the constructor of objects gives it a member
 * that is a function.
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
