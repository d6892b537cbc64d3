import { type Budget, charge } from '../budget.js'
import { JqError, NotCompiled } from '../errors.js'
import { lengthOf } from '../values/access.js'
import { isArray, type Json, typeOf } from '../values/json.js'
import { describe } from '../values/text.js'
import { translate } from './translate.js'

/** What `match` gives for each match. Places and lengths are counted in code points. */
export interface Match {
  readonly offset: number
  readonly length: number
  readonly string: string
  readonly captures: readonly Capture[]
  readonly [key: string]: Json
}

interface Capture {
  readonly offset: number
  readonly length: number
  readonly string: string | null
  readonly name: string | null
  readonly [key: string]: Json
}

interface Regex {
  readonly pattern: RegExp
  readonly names: readonly (string | null)[]
  readonly isGlobal: boolean
  readonly dropsEmpty: boolean
}

const KEPT = 100
const kept = new Map<string, Regex>()

/** @throws NotCompiled, and JqError where it is no regular expression */
export function regexOf(source: string, modifiers: string): Regex {
  const key = `${modifiers}/${source}`
  const known = kept.get(key)
  if (known !== undefined) return known
  if (/[^gimnpslx]/.test(modifiers)) throw new JqError(`${modifiers} is not a valid modifier string`)
  const regex = compile(source, modifiers)
  if (kept.size >= KEPT) kept.clear()
  kept.set(key, regex)
  return regex
}

function compile(source: string, modifiers: string): Regex {
  const has = (modifier: string) => modifiers.includes(modifier)
  if (has('l')) throw new NotCompiled('the modifier "l" of regular expressions')
  try {
    const { source: translated, names } = translate(source, has('x'))
    const flags = `dgu${has('i') ? 'i' : ''}${has('p') ? 's' : ''}`
    return {
      pattern: new RegExp(translated, flags),
      names,
      isGlobal: has('g'),
      dropsEmpty: has('n'),
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw new JqError(`Regex failure: ${error.message}`)
    throw error
  }
}

/**
 * Each match in a text.
 * @param regex as jq's functions take it: a text, or an array of it and the modifiers
 * @throws JqError
 */
export function matchesIn(input: Json, regex: Json, modifiers: Json, all: boolean, budget: Budget): Match[] {
  const { text, pattern, names, isGlobal, dropsEmpty } = prepared(input, regex, modifiers)
  charge(budget, text.length >> 2)
  const found: Match[] = []
  const points = new CodePoints(text)
  pattern.lastIndex = 0
  for (;;) {
    const match = pattern.lastIndex > text.length ? null : pattern.exec(text)
    if (match === null) return found
    charge(budget, 1)
    if (match[0] === '') pattern.lastIndex += (text.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1
    if (match[0] === '' && dropsEmpty) continue
    found.push(described(match, names, points))
    if (!isGlobal && !all) return found
  }
}

/** Whether there is a match. @throws JqError */
export function isMatch(input: Json, regex: Json, modifiers: Json, budget: Budget): boolean {
  const { text, pattern, dropsEmpty } = prepared(input, regex, modifiers)
  if (dropsEmpty) return matchesIn(input, regex, modifiers, false, budget).length > 0
  charge(budget, text.length >> 2)
  pattern.lastIndex = 0
  return pattern.test(text)
}

function prepared(input: Json, regex: Json, modifiers: Json): Regex & { text: string } {
  const [source, flags] = isArray(regex) ? [regex[0] ?? null, regex[1] ?? modifiers] : [regex, modifiers]
  if (typeof input !== 'string')
    throw new JqError(`${describe(input)} cannot be matched, as it is not a string`)
  if (typeof source !== 'string') {
    if (isArray(regex)) throw new JqError(`${describe(source)} cannot be matched, as it is not a string`)
    throw new JqError(`${typeOf(source)} not a string or array`)
  }
  if (typeof flags !== 'string' && flags !== null) throw new JqError(`${describe(flags)} is not a string`)
  try {
    return { ...regexOf(source, flags ?? ''), text: input }
  } catch (error) {
    // Only what is known at compile time goes the slow path.
    if (error instanceof NotCompiled) throw new JqError(`Regex failure: ${error.message} must be a constant`)
    throw error
  }
}

function described(match: RegExpExecArray, names: readonly (string | null)[], points: CodePoints): Match {
  const captures = names.map((name, index): Capture => {
    const range = match.indices?.[index + 1]
    const string = match[index + 1]
    if (range === undefined || string === undefined) return { offset: -1, length: 0, string: null, name }
    return { offset: points.before(range[0]), length: lengthOf(string), string, name }
  })
  return { offset: points.before(match.index), length: lengthOf(match[0]), string: match[0], captures }
}

/** How many code points are before a place in a text. */
class CodePoints {
  readonly #text: string
  #unit = 0
  #points = 0

  constructor(text: string) {
    this.#text = text
  }

  before(unit: number): number {
    if (unit < this.#unit) return lengthOf(this.#text.slice(0, unit))
    this.#points += lengthOf(this.#text.slice(this.#unit, unit))
    this.#unit = unit
    return this.#points
  }
}
