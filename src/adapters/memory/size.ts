import type { Value } from '../../core/value.js'

/** A number, or the punctuation around a member. */
const NUMBER = 8
const MEMBER = 2
/** Objects and slots of V8 around each byte of a value. */
const IN_MEMORY = 3

/** About how many bytes a value would be on a wire. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === 'string') return MEMBER + value.length
  if (typeof value !== 'object' || value === null) return NUMBER
  if (value instanceof Uint8Array) return MEMBER + value.byteLength
  let size = MEMBER
  if (Array.isArray(value)) for (const item of value) size += MEMBER + sizeOf(item)
  else for (const [key, item] of Object.entries(value)) size += MEMBER + key.length + sizeOf(item as Value)
  return size
}

/** About how many bytes of memory a value takes. */
export const heldBytes = (value: Value | undefined): number => IN_MEMORY * sizeOf(value)
