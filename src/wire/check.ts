import { SerializeError } from '../core/errors/operation.js'
import { type Carrier, isPlain, isWellFormed } from './carrier.js'
import { refusal } from './refusal.js'

// Module variables for speed: each check runs synchronously, so two never overlap.
let room = 0
let dates = false

/**
 * Checks that `carrier` can carry `value` unchanged, because encoders silently convert a Map, a typed array or NaN.
 *
 * Adds up a lower bound of the size, so that a small graph with shared parts that unfolds into a huge tree is refused
 * before it is encoded.
 * @returns whether the value contains dates
 * @throws SerializeError with the path of the member that is refused
 */
export function checkCarried(value: unknown, carrier: Carrier): boolean {
  let fault: string
  try {
    room = carrier.maxBytes
    dates = false
    if (value !== undefined && fits(value, carrier.maxDepth, carrier) && room >= 0) return dates
    fault = refusal(value, carrier)
  } catch (cause) {
    // A getter or proxy of the value threw.
    throw new SerializeError(`${carrier.name}: the value cannot be read`, { cause })
  }
  throw new SerializeError(fault)
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
