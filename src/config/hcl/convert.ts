import { withoutUserInfo } from '../../core/user-info.js'
import { type HclValue, isLate } from './values.js'

/** Converts numbers and numeric strings to a number. */
export function toNumber(value: HclValue): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(value))
    return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** Converts strings, numbers and booleans to a string. */
export function toText(value: HclValue): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** Converts booleans and the strings "true" and "false" to a boolean. */
export function toBoolean(value: HclValue): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}

/** Names the type of a value for messages. */
export function typeName(value: HclValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (isLate(value)) return 'a value known at run time'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Describes a value for messages; a sensitive one only by its type. */
export function describeValue(value: HclValue, sensitive: boolean): string {
  if (value === null) return 'null'
  if (sensitive) return `${typeName(value)} (sensitive value)`
  if (typeof value === 'string') return `the string ${shorten(JSON.stringify(withoutUserInfo(value)))}`
  if (Array.isArray(value)) return `a list of ${value.length} element${value.length === 1 ? '' : 's'}`
  if (typeof value === 'object') return typeName(value)
  return `the ${typeof value} ${value}`
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…"` : text
}
