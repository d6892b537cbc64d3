/** The bytes of JSON that begin a string, an array or an object. */
export const QUOTE = 0x22
export const OPEN_BRACKET = 0x5b
export const OPEN_BRACE = 0x7b
const BACKSLASH = 0x5c

/** Returns where the quote is that ends a string. @param start where the quote is that begins it */
export function endOfString(json: Uint8Array, start: number): number {
  let i = start + 1
  while (i < json.length && json[i] !== QUOTE) i += json[i] === BACKSLASH ? 2 : 1
  return i
}
