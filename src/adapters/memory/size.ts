import type { Value } from '../../core/value.js'

/** A slot with a number, or the head of an object, on V8. */
const SLOT = 16
const OBJECT = 64

/** About how many bytes of memory a value takes. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === 'string') return SLOT + 2 * value.length
  if (typeof value !== 'object' || value === null) return SLOT
  if (value instanceof Uint8Array) return OBJECT + value.byteLength
  let size = OBJECT
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item)
  else for (const [key, item] of Object.entries(value)) size += 2 * key.length + sizeOf(item as Value)
  return size
}
