/**
 * Replaces bytes in a value by their base64 text, which JSON has no other form for. Returns the value itself if it
 * contains none.
 */
export function textBytes(value: unknown): unknown {
  return hasBytes(value) ? withText(value) : value
}

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof Uint8Array) return true
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && hasBytes(item)) return true
    return false
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key]
    if (typeof member === 'object' && hasBytes(member)) return true
  }
  return false
}

function withText(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(withText)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withText(member)]))
}
