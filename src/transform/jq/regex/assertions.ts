import { CharacterSet } from './character-set.js'
import { OP } from './instructions.js'
import { WORD } from './sets.js'

const WORDS = new CharacterSet(`[${WORD}]`, false)

/** The place of the character before a place of a text. */
export function placeBefore(text: string, place: number): number {
  const isPair =
    place > 1 &&
    (text.charCodeAt(place - 1) & 0xfc00) === 0xdc00 &&
    (text.charCodeAt(place - 2) & 0xfc00) === 0xd800
  return place - (isPair ? 2 : 1)
}

/** Whether a zero-width assertion, such as `^` or `\b`, holds at a place of a text. */
export function holdsAt(op: number, text: string, at: number): boolean {
  switch (op) {
    case OP.start:
      return at === 0
    case OP.end:
      return at === text.length
    case OP.endOfLine:
      return at === text.length || (at === text.length - 1 && text[at] === '\n')
    default: {
      const before = at > 0 && WORDS.has(text.codePointAt(placeBefore(text, at))!)
      const after = at < text.length && WORDS.has(text.codePointAt(at)!)
      return (before !== after) === (op === OP.boundary)
    }
  }
}
