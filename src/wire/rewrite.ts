import type { Value } from '../core/value.js'
import { valueOfLong } from './long.js'

/** Copies a checked value, with dates as ISO text. */
export function datesAsText(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(datesAsText)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, datesAsText(member)]))
}

/** Replaces the binaries of a decoded value, which are views of the message, by copies. Changes the value in place. */
export function ownBinaries(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return new Uint8Array(value)
  const holder = value as Record<string, Value>
  for (const key in holder) {
    const member = holder[key]!
    if (typeof member === 'object' && member !== null) holder[key] = ownBinaries(member)
  }
  return value
}

/**
 * Replaces the bigints of a decoded value by numbers if that is exact, otherwise by decimal text. Changes the value in
 * place.
 */
export function longsAsText(value: unknown): Value {
  if (typeof value === 'bigint') return valueOfLong(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value as Value
  const holder = value as Record<string, unknown>
  for (const key in holder) holder[key] = longsAsText(holder[key])
  return value as Value
}
