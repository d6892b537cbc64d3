const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b

/**
 * Whether a JSON text has more than `most` objects, arrays and members. Each costs far more than its bytes when it is
 * copied to another thread; the elements of an array do not.
 */
export function hasMoreValues(json: Uint8Array, most: number): boolean {
  if (json.length < most) return false
  let values = 1
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    if (byte === QUOTE) {
      for (i++; i < json.length && json[i] !== QUOTE; i++) if (json[i] === BACKSLASH) i++
    } else if (byte === COLON || byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      if (++values > most) return true
    }
  }
  return false
}
