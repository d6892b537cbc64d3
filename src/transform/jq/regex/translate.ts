import { NotCompiled } from '../errors.js'

/** A regular expression of Oniguruma as JavaScript writes it. */
export interface Translation {
  readonly source: string
  /** Of each group, in order: its name, or `null`. */
  readonly names: readonly (string | null)[]
}

const WORD = '\\p{L}\\p{M}\\p{N}\\p{Pc}'
const BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`
const NO_BOUNDARY = `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`
/** Escapes of classes, as they stand in brackets and outside. */
const CLASSES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  s: '\\s',
  S: '\\S',
  h: '0-9a-fA-F',
}
const POSIX: Readonly<Record<string, string>> = {
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
const CONTROLS: Readonly<Record<string, string>> = {
  t: '\\t',
  n: '\\n',
  r: '\\r',
  f: '\\f',
  v: '\\v',
  a: '\\x07',
  e: '\\x1b',
}
const ANCHORS: Readonly<Record<string, string>> = {
  A: '^',
  z: '$',
  Z: '(?=\\n?$)',
  b: BOUNDARY,
  B: NO_BOUNDARY,
}
const SYNTAX = /[\\^$.*+?()[\]{}|/]/

/**
 * @param extended white space and comments do not count
 * @throws NotCompiled for what JavaScript does not have, or what may take time without end
 */
export function translate(pattern: string, extended: boolean): Translation {
  return new Translator(pattern, extended).translation()
}

class Translator {
  readonly #pattern: string
  readonly #extended: boolean
  readonly #names: (string | null)[] = []
  #at = 0

  constructor(pattern: string, extended: boolean) {
    this.#pattern = pattern
    this.#extended = extended
  }

  translation(): Translation {
    const { source } = this.#alternatives()
    if (this.#at < this.#pattern.length) throw new SyntaxError('unmatched close parenthesis')
    return { source, names: this.#names }
  }

  /** Up to `)` or the end. `endless`: something in it repeats without bound. */
  #alternatives(): { source: string; endless: boolean } {
    let source = ''
    let endless = false
    for (;;) {
      const mark = this.#pattern[this.#at]
      if (mark === undefined || mark === ')') return { source, endless }
      if (mark === '|') {
        this.#at++
        source += '|'
        continue
      }
      if (this.#extended && this.#skipsSpace()) continue
      const atom = this.#atom()
      const quantifier = this.#quantifier()
      if (quantifier.endless && atom.endless)
        throw new NotCompiled('a regular expression that repeats what repeats itself')
      if (mayBeLeftOut(quantifier.source) && capturesNothing(atom.source))
        throw new NotCompiled('a regular expression with an optional group that can be empty')
      source += atom.source + quantifier.source
      endless ||= atom.endless || quantifier.endless
    }
  }

  #skipsSpace(): boolean {
    const space = this.#take(/\s+|#[^\n]*/y)
    return space !== undefined
  }

  #atom(): { source: string; endless: boolean } {
    const mark = this.#pattern[this.#at] as string
    if (mark === '(') return this.#group()
    if (mark === '[') return { source: this.#brackets(), endless: false }
    if (mark === '\\') return { source: this.#escape(), endless: false }
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number)
    this.#at += character.length
    switch (character) {
      case '.':
        return { source: '.', endless: false }
      case '^':
        return { source: '^', endless: false }
      case '$':
        return { source: '(?=\\n?$)', endless: false }
      case '*':
      case '+':
      case '?':
        throw new SyntaxError('target of repeat operator is not specified')
      default:
        return { source: literal(character), endless: false }
    }
  }

  #group(): { source: string; endless: boolean } {
    this.#at++
    if (this.#take(/\?#[^)]*\)/y) !== undefined) return { source: '', endless: false }
    const name = this.#take(/\?<([A-Za-z_]\w*)>/y)?.[1]
    let open = this.#take(/\?(?::|=|!|<=|<!)/y)?.[0]
    if (open === undefined) {
      if (this.#pattern[this.#at] === '?' && name === undefined)
        throw new NotCompiled(
          `a regular expression with the group (${this.#pattern.slice(this.#at, this.#at + 2)}`,
        )
      if (name !== undefined && this.#names.includes(name))
        throw new NotCompiled('a regular expression with two groups of one name')
      this.#names.push(name ?? null)
      open = name === undefined ? '' : `?<${name}>`
    }
    const { source, endless } = this.#alternatives()
    if (this.#pattern[this.#at] !== ')') throw new SyntaxError('end pattern with unmatched parenthesis')
    this.#at++
    return { source: `(${open}${source})`, endless }
  }

  #quantifier(): { source: string; endless: boolean } {
    if (this.#extended) while (this.#skipsSpace());
    const range = this.#take(/\{(\d*)(,?)(\d*)\}/y)
    let source = this.#take(/[*+?]/y)?.[0]
    let endless = source === '*' || source === '+'
    if (range !== undefined) {
      const [, from = '', comma = '', to = ''] = range
      if (from === '' && to === '') {
        this.#at -= range[0].length
        return { source: '', endless: false }
      }
      source = `{${from === '' ? '0' : from}${comma}${to}}`
      endless = comma !== '' && to === ''
    }
    if (source === undefined) return { source: '', endless: false }
    if (this.#take(/\+/y) !== undefined)
      throw new NotCompiled('a regular expression with a possessive repetition')
    return { source: source + (this.#take(/\?/y)?.[0] ?? ''), endless }
  }

  #escape(): string {
    const mark = this.#pattern[++this.#at]
    if (mark === undefined) throw new SyntaxError('end pattern at escape')
    const anchor = ANCHORS[mark]
    if (anchor !== undefined) {
      this.#at++
      return anchor
    }
    const back = this.#take(/[1-9]\d*|k<[A-Za-z_]\w*>/y)?.[0]
    if (back !== undefined) return `\\${back}`
    return this.#escaped(false)
  }

  /** After a backslash: a class or a character. */
  #escaped(inBrackets: boolean): string {
    const property = this.#take(/[pP]\{\^?[\w =]+\}/y)?.[0]
    if (property !== undefined) return propertyOf(property)
    const hex = this.#take(/x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})/y)
    if (hex !== undefined) return `\\u{${hex[1] ?? hex[2] ?? hex[3]}}`
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number)
    this.#at += character.length
    if (character === 'w') return inBrackets ? WORD : `[${WORD}]`
    if (character === 'W' && !inBrackets) return `[^${WORD}]`
    if (character === 'H' && !inBrackets) return '[^0-9a-fA-F]'
    const group = CLASSES[character]
    if (group !== undefined) return inBrackets || group.startsWith('\\') ? group : `[${group}]`
    const control = CONTROLS[character]
    if (control !== undefined) return control
    if (character === '0') return '\\0'
    if (/[A-Za-z]/.test(character)) throw new NotCompiled(`a regular expression with \\${character}`)
    return literal(character)
  }

  #brackets(): string {
    this.#at++
    let source = this.#take(/\^/y) === undefined ? '[' : '[^'
    if (this.#take(/\]/y) !== undefined) source += '\\]'
    for (;;) {
      const mark = this.#pattern[this.#at]
      if (mark === undefined) throw new SyntaxError('premature end of char-class')
      if (mark === ']') {
        this.#at++
        return `${source}]`
      }
      const posix = this.#take(/\[:(\w+):\]/y)?.[1]
      if (posix !== undefined) {
        const group = POSIX[posix]
        if (group === undefined) throw new SyntaxError(`invalid POSIX bracket type [:${posix}:]`)
        source += group
      } else if (mark === '\\') {
        this.#at++
        source += this.#take(/b/y) === undefined ? this.#escaped(true) : '\\x08'
      } else if (mark === '[' || this.#pattern.startsWith('&&', this.#at))
        throw new NotCompiled('a regular expression with a set in a set')
      else {
        const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number)
        this.#at += character.length
        source += character === '-' ? this.#dash(source) : literal(character)
      }
    }
  }

  /** A range where something stands on both sides, else the character. */
  #dash(before: string): string {
    const isRange = !/\[\^?$/.test(before) && this.#pattern[this.#at] !== ']' && !/\}$/.test(before)
    return isRange ? '-' : '\\-'
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#pattern)
    if (match === null) return undefined
    this.#at += match[0].length
    return match
  }
}

function literal(character: string): string {
  return SYNTAX.test(character) ? `\\${character}` : character
}

function propertyOf(property: string): string {
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

function mayBeLeftOut(quantifier: string): boolean {
  return /^(?:[*?]|\{0)/.test(quantifier)
}

/** Whether an atom is a group that captures and can match empty: JavaScript then leaves it out, jq does not. */
function capturesNothing(atom: string): boolean {
  if (!/^\((?!\?[=!]|\?<[=!])/.test(atom) || !/\((?!\?[:=!]|\?<[=!])/.test(atom)) return false
  try {
    return new RegExp(`^(?:${atom})$`, 'u').test('')
  } catch {
    // It refers to a group outside of it.
    return true
  }
}
