import type { Value } from '../core/value.js'

/** Bytes of a node beside its content. */
const NODE_BYTES = 16

/** Estimates the memory of a value, in bytes. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return NODE_BYTES + value.length
  if (typeof value !== 'object' || value === null) return NODE_BYTES
  if (value instanceof Uint8Array) return NODE_BYTES + value.byteLength
  let bytes = NODE_BYTES
  if (Array.isArray(value)) for (const element of value as readonly Value[]) bytes += sizeOf(element)
  else
    for (const key in value) bytes += key.length + sizeOf((value as { readonly [key: string]: Value })[key]!)
  return bytes
}
