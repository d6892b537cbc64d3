import { endOfString, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-bytes.js'

const COLON = 0x3a

/**
 * Whether a JSON text has more than `most` objects, arrays and members. Each costs far more than its bytes when it is
 * copied to another thread; the elements of an array do not.
 */
export function hasMoreValues(json: Uint8Array, most: number): boolean {
  if (json.length < most) return false
  let values = 1
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    if (byte === QUOTE) i = endOfString(json, i)
    else if (byte === COLON || byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      if (++values > most) return true
    }
  }
  return false
}
