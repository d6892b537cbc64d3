import type { Value } from '../../core/value.js'

/** Bytes of a number, and of the punctuation around a member. */
const NUMBER = 8
const MEMBER = 2
/** Bytes of memory in V8 per encoded byte. */
const IN_MEMORY = 3

/** Estimates the encoded size of a value in bytes. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === 'string') return MEMBER + value.length
  if (typeof value !== 'object' || value === null) return NUMBER
  if (value instanceof Uint8Array) return MEMBER + value.byteLength
  let size = MEMBER
  if (Array.isArray(value)) for (const item of value) size += MEMBER + sizeOf(item)
  else for (const [key, item] of Object.entries(value)) size += MEMBER + key.length + sizeOf(item as Value)
  return size
}

/** Estimates the memory of a value in bytes. */
export const heldBytes = (value: Value | undefined): number => IN_MEMORY * sizeOf(value)
