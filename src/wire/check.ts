import { SerializeError } from '../core/errors.js'
import { type Carrier, isPlain, isWellFormed } from './carrier.js'
import { refusal } from './refusal.js'

// One walk at a time, start to end without a turn of the loop: the two are variables for speed only.
let room = 0
let dates = false

/**
 * Makes sure that `carrier` carries `value` as it is: encoders turn a Map, a typed array or NaN into something
 * else without a word. The size is bounded from below only, so that a small graph that unfolds into a huge
 * tree is refused before it is encoded.
 * @returns whether there are dates in it.
 * @throws SerializeError naming the member that is refused
 */
export function checkCarried(value: unknown, carrier: Carrier): boolean {
  room = carrier.maxBytes
  dates = false
  if (value !== undefined && fits(value, carrier.maxDepth, carrier) && room >= 0) return dates
  throw new SerializeError(refusal(value, carrier))
}

function fits(value: unknown, depth: number, carrier: Carrier): boolean {
  room--
  switch (typeof value) {
    case 'string':
      room -= value.length
      return carrier.anyText || isWellFormed(value)
    case 'number':
      return value - value === 0 || carrier.nonFinite
    case 'boolean':
    case 'undefined':
      return true
    case 'object':
      if (value === null) return true
      if (Array.isArray(value)) return itemsFit(value, depth - 1, carrier)
      return isPlain(value) ? membersFit(value, depth - 1, carrier) : leafFits(value, carrier)
    default:
      return false
  }
}

function itemsFit(items: readonly unknown[], depth: number, carrier: Carrier): boolean {
  if (depth < 0) return false
  for (let i = 0; i < items.length; i++) if (room < 0 || !fits(items[i], depth, carrier)) return false
  return true
}

function membersFit(members: object, depth: number, carrier: Carrier): boolean {
  if (depth < 0) return false
  for (const key in members) {
    room -= key.length
    if (room < 0) return false
    if (!carrier.anyText && (key === '__proto__' || !isWellFormed(key))) return false
    if (!fits((members as Record<string, unknown>)[key], depth, carrier)) return false
  }
  return true
}

function leafFits(value: object, carrier: Carrier): boolean {
  if (value instanceof Uint8Array) {
    room -= value.byteLength
    return carrier.bytes
  }
  if (!(value instanceof Date)) return false
  dates = true
  return !Number.isNaN(value.getTime())
}
