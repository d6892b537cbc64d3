import type { Value } from '../core/value.js'

/** A copy of a checked value with its dates as ISO text. */
export function datesAsText(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(datesAsText)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, datesAsText(member)]))
}

/** Gives a freshly decoded value binaries of its own instead of views of the message it came in. */
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

/** A freshly decoded value whose integers are bigints: numbers where that is exact, else decimal text. */
export function longsAsText(value: unknown): Value {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value.toString()
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value as Value
  const holder = value as Record<string, unknown>
  for (const key in holder) holder[key] = longsAsText(holder[key])
  return value as Value
}
