import type { Value } from '../../core/value.js'

/** A JSON object: its members by name. */
export type Members = { readonly [name: string]: Value }

export function isMembers(value: Value): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names the type of a value for error messages. */
export function kindOf(value: Value | undefined): string {
  if (value === undefined) return 'none'
  if (value === null || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
