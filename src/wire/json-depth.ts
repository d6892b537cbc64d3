import { endOfString, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-bytes.js'

const CLOSE_BRACKET = 0x5d
const CLOSE_BRACE = 0x7d

/**
 * Whether arrays and objects of a JSON text are nested deeper than `maxDepth`. A short text cannot be that deep and is
 * not read; most longer texts need only a count of brackets.
 */
export function isTooDeep(json: Uint8Array, maxDepth: number): boolean {
  // Each opening bracket needs a closing one. The parser refuses a text without them.
  if (json.length < 2 * (maxDepth + 1)) return false
  let openings = 0
  for (let i = 0; i < json.length; i++) if ((json[i]! & 0xdf) === OPEN_BRACKET && ++openings > maxDepth) break
  return openings > maxDepth && goesDeeper(json, maxDepth)
}

function goesDeeper(json: Uint8Array, enough: number): boolean {
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case QUOTE:
        i = endOfString(json, i)
        break
      case OPEN_BRACKET:
      case OPEN_BRACE:
        if (++depth > enough) return true
        break
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--
    }
  }
  return false
}
