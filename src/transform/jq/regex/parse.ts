import { NotCompiled } from '../errors.js'
import { CLASSES, CONTROLS, literal, POSIX, propertyOf, WORD } from './sets.js'
import type { Anchor, ParsedRegex, RegexNode } from './syntax.js'

const ANCHORS: Readonly<Record<string, Anchor>> = {
  A: 'start',
  z: 'end',
  Z: 'end-of-line',
  b: 'boundary',
  B: 'no-boundary',
}
/** Limits of the language. */
const MOST_REPETITIONS = 100_000
const DEEPEST = 250
const ANY_CHARACTER = '[\\s\\S]'
const NO_LINE_BREAK = '[^\\n]'

export interface Syntax {
  /** Whether white space and comments are ignored. */
  readonly isExtended: boolean
  /** Whether a dot also matches a line break. */
  readonly dotsMatchLineBreaks: boolean
}

/**
 * Reads a regular expression of Oniguruma.
 * @throws SyntaxError, and NotCompiled for what is not implemented
 */
export function parseRegex(pattern: string, syntax: Syntax): ParsedRegex {
  return new Parser(pattern, syntax).parse()
}

interface Reference {
  readonly node: { group: number }
  readonly to: string
  /** The groups around it. */
  readonly within: readonly number[]
}

interface Range {
  readonly min: number
  readonly max: number
  readonly isLazy: boolean
}

class Parser {
  readonly #pattern: string
  readonly #syntax: Syntax
  readonly #names: (string | null)[] = []
  /** Back references, to be resolved when all groups are known. */
  readonly #references: Reference[] = []
  /** The groups that are not closed yet. */
  readonly #open: number[] = []
  #at = 0
  #depth = 0

  constructor(pattern: string, syntax: Syntax) {
    this.#pattern = pattern
    this.#syntax = syntax
  }

  parse(): ParsedRegex {
    const root = this.#alternatives()
    if (this.#at < this.#pattern.length) throw new SyntaxError('unmatched close parenthesis')
    for (const { node, to, within } of this.#references) {
      const group = /^\d/.test(to) ? Number(to) : this.#names.indexOf(to) + 1
      if (group === 0) throw new SyntaxError(`undefined name <${to}> reference`)
      if (group > this.#names.length) throw new NotCompiled('a regular expression with an octal number')
      if (within.includes(group))
        throw new NotCompiled('a regular expression with a group that refers to itself')
      node.group = group
    }
    return { root, names: this.#names }
  }

  /** Up to `)` or the end. */
  #alternatives(): RegexNode {
    const options: RegexNode[] = []
    let items: RegexNode[] = []
    for (;;) {
      const mark = this.#pattern[this.#at]
      if (mark === undefined || mark === ')') break
      if (mark === '|') {
        this.#at++
        options.push(sequence(items))
        items = []
        continue
      }
      if (this.#syntax.isExtended && this.#skipsSpace()) continue
      const atom = this.#atom()
      if (atom !== undefined) items.push(this.#repeated(atom))
    }
    if (options.length === 0) return sequence(items)
    return { kind: 'choice', options: [...options, sequence(items)] }
  }

  #skipsSpace(): boolean {
    const space = this.#take(/\s+|#[^\n]*/y)
    return space !== undefined
  }

  /** `undefined` for a comment. */
  #atom(): RegexNode | undefined {
    const mark = this.#pattern[this.#at] as string
    if (mark === '(') return this.#group()
    if (mark === '[') return { kind: 'set', source: this.#brackets() }
    if (mark === '\\') return this.#escape()
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number)
    this.#at += character.length
    switch (character) {
      case '.':
        return { kind: 'set', source: this.#syntax.dotsMatchLineBreaks ? ANY_CHARACTER : NO_LINE_BREAK }
      case '^':
        return { kind: 'anchor', anchor: 'start' }
      case '$':
        return { kind: 'anchor', anchor: 'end-of-line' }
      case '*':
      case '+':
      case '?':
        throw new SyntaxError('target of repeat operator is not specified')
      case '{':
        this.#at--
        if (this.#bounds() !== undefined) throw new SyntaxError('target of repeat operator is not specified')
        this.#at++
        return { kind: 'set', source: literal(character) }
      default:
        return { kind: 'set', source: literal(character) }
    }
  }

  #group(): RegexNode | undefined {
    this.#at++
    if (this.#take(/\?#[^)]*\)/y) !== undefined) return undefined
    const name = this.#take(/\?<([A-Za-z_]\w*)>/y)?.[1]
    const special = this.#take(/\?(?::|=|!|<=|<!)/y)?.[0]
    if (special === undefined) {
      if (this.#pattern[this.#at] === '?' && name === undefined)
        throw new NotCompiled(
          `a regular expression with the group (${this.#pattern.slice(this.#at, this.#at + 2)}`,
        )
      if (name !== undefined && this.#names.includes(name))
        throw new NotCompiled('a regular expression with two groups of one name')
      this.#names.push(name ?? null)
    }
    const index = this.#names.length
    if (++this.#depth > DEEPEST) throw new SyntaxError('too deep nest level')
    if (special === undefined) this.#open.push(index)
    const body = this.#alternatives()
    if (special === undefined) this.#open.pop()
    this.#depth--
    if (this.#pattern[this.#at] !== ')') throw new SyntaxError('end pattern with unmatched parenthesis')
    this.#at++
    if (special === undefined) return { kind: 'group', index, body }
    if (special === '?:') return body
    return { kind: 'look', isBehind: special.includes('<'), isNegative: special.endsWith('!'), body }
  }

  #repeated(body: RegexNode): RegexNode {
    const range = this.#range()
    if (range === undefined) return body
    if (cannotRepeat(body)) throw new SyntaxError('target of repeat operator is invalid')
    if (this.#range() !== undefined) throw new NotCompiled('a regular expression with a repeated repetition')
    return { kind: 'repeat', body, ...range }
  }

  #range(): Range | undefined {
    if (this.#syntax.isExtended) while (this.#skipsSpace());
    const bounds = this.#bounds()
    if (bounds === undefined) return undefined
    if (this.#take(/\+/y) !== undefined)
      throw new NotCompiled('a regular expression with a possessive repetition')
    return { ...bounds, isLazy: this.#take(/\?/y) !== undefined }
  }

  #bounds(): { min: number; max: number } | undefined {
    const mark = this.#take(/[*+?]/y)?.[0]
    if (mark !== undefined)
      return { min: mark === '+' ? 1 : 0, max: mark === '?' ? 1 : Number.POSITIVE_INFINITY }
    const range = this.#take(/\{(\d*)(,?)(\d*)\}/y)
    if (range === undefined) return undefined
    const [all, from = '', comma = '', to = ''] = range
    if (from === '' && to === '') {
      this.#at -= all.length
      return undefined
    }
    const min = Number(from)
    const max = comma === '' ? min : to === '' ? Number.POSITIVE_INFINITY : Number(to)
    if (min > MOST_REPETITIONS || (max > MOST_REPETITIONS && max !== Number.POSITIVE_INFINITY))
      throw new SyntaxError('too big number in repeat range')
    if (max < min) throw new SyntaxError('numbers out of order in {} quantifier')
    return { min, max }
  }

  #escape(): RegexNode {
    const mark = this.#pattern[++this.#at]
    if (mark === undefined) throw new SyntaxError('end pattern at escape')
    const anchor = ANCHORS[mark]
    if (anchor !== undefined) {
      this.#at++
      return { kind: 'anchor', anchor }
    }
    const back = this.#take(/[1-9]\d*|k<[A-Za-z_]\w*>/y)?.[0]
    if (back === undefined) return { kind: 'set', source: this.#escaped(false) }
    const node: { kind: 'back'; group: number } = { kind: 'back', group: 0 }
    this.#references.push({ node, to: back.replace(/^k<|>$/g, ''), within: [...this.#open] })
    return node
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

  /** Reads `-`: a range if it has characters on both sides, otherwise the character itself. */
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

function sequence(items: readonly RegexNode[]): RegexNode {
  return items.length === 1 ? items[0]! : { kind: 'sequence', items }
}

/** Oniguruma refuses to repeat zero-width assertions, also as one of several alternatives. */
function cannotRepeat(node: RegexNode): boolean {
  switch (node.kind) {
    case 'anchor':
    case 'look':
      return true
    case 'choice':
      return node.options.some(cannotRepeat)
    default:
      return false
  }
}
