const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Whether the arrays and objects of a JSON text lie within each other deeper than `maxDepth`. Looks at bytes
 * only, and at none of a text too short to be that deep; most longer ones pass with one count of brackets.
 */
export function isTooDeep(json: Uint8Array, maxDepth: number): boolean {
  // What opens so often has to close as often; a text that does not is refused by the parser.
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

function endOfString(json: Uint8Array, start: number): number {
  let i = start + 1
  while (i < json.length && json[i] !== QUOTE) i += json[i] === BACKSLASH ? 2 : 1
  return i
}
