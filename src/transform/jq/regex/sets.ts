import { NotCompiled } from '../errors.js'

/** Characters of words, as they are written in brackets. */
export const WORD = '\\p{L}\\p{M}\\p{N}\\p{Pc}'

/** Escapes of classes, as they are written in brackets and outside. */
export const CLASSES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  s: '\\s',
  S: '\\S',
}

export const POSIX: Readonly<Record<string, string>> = {
  alpha: '\\p{L}\\p{M}',
  digit: '\\p{Nd}',
  alnum: '\\p{L}\\p{M}\\p{Nd}',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  space: '\\s',
  punct: '\\p{P}\\p{S}',
  xdigit: '0-9a-fA-F',
  word: WORD,
  blank: ' \\t',
  cntrl: '\\p{Cc}',
}

export const CONTROLS: Readonly<Record<string, string>> = {
  t: '\\t',
  n: '\\n',
  r: '\\r',
  f: '\\f',
  v: '\\v',
  a: '\\x07',
  e: '\\x1b',
}

const SYNTAX = /[\\^$.*+?()[\]{}|/]/

/** A character as JavaScript writes it in a regular expression. */
export function literal(character: string): string {
  return SYNTAX.test(character) ? `\\${character}` : character
}

/** A property such as `p{Lu}` or `P{^Lu}`. @throws NotCompiled for what JavaScript does not have */
export function propertyOf(property: string): string {
  const name = property.slice(2, -1)
  const negated = name.startsWith('^') !== property.startsWith('P')
  const plain = name.replace('^', '')
  const group = POSIX[plain.toLowerCase()]
  if (group !== undefined) {
    if (negated) throw new NotCompiled(`a regular expression with \\${property}`)
    return group.startsWith('\\p') && group.split('\\').length === 2 ? group : `[${group}]`
  }
  const source = `\\${negated ? 'P' : 'p'}{${plain}}`
  try {
    new RegExp(source, 'u')
  } catch {
    throw new NotCompiled(`a regular expression with \\${property}`)
  }
  return source
}
