import { type Budget, charge } from '../budget.js'
import { JqError, NotCompiled } from '../errors.js'
import { lengthOf } from '../values/access.js'
import { isArray, type Json, put, typeOf } from '../values/json.js'
import { describe } from '../values/text.js'
import { type Places, Regex } from './regex.js'

/** The result of `match` for one match. Places and lengths are counted in code points. */
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

interface Prepared {
  readonly text: string
  readonly regex: Regex
  readonly isGlobal: boolean
}

const KEPT = 100
const kept = new Map<string, Regex>()

/** @throws NotCompiled; JqError if it is not a valid regular expression */
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
    return new Regex(source, {
      ignoresCase: has('i'),
      isExtended: has('x'),
      dotsMatchLineBreaks: has('p'),
      refusesEmpty: has('n'),
    })
  } catch (error) {
    if (error instanceof SyntaxError) throw new JqError(`Regex failure: ${error.message}`)
    throw error
  }
}

/**
 * Returns all matches in a text, as `match` does.
 * @param regex as jq's functions take it: a text, or an array of it and the modifiers
 * @throws JqError, JqLimitError
 */
export function matchesIn(input: Json, regex: Json, modifiers: Json, all: boolean, budget: Budget): Match[] {
  const prepared = prepare(input, regex, modifiers)
  const points = new CodePoints(prepared.text)
  return placesIn(prepared, all, budget).map((places) =>
    described(prepared.text, places, prepared.regex.names, points),
  )
}

/** A match that is replaced, or at which a text is split. The places are counted as JavaScript does. */
export interface Cut {
  readonly start: number
  readonly end: number
  /** Returns what the named groups have captured. */
  captured(): Json
}

/** Where to cut a text. @throws JqError, JqLimitError */
export function cutsIn(
  input: Json,
  regex: Json,
  modifiers: Json,
  all: boolean,
  budget: Budget,
): { readonly text: string; readonly cuts: readonly Cut[] } {
  const prepared = prepare(input, regex, modifiers)
  const { text } = prepared
  const { names } = prepared.regex
  const cuts = placesIn(prepared, all, budget).map((places) => ({
    start: places[0]!,
    end: places[1]!,
    captured: () => namedCaptures(text, places, names),
  }))
  return { text, cuts }
}

function placesIn({ text, regex, isGlobal }: Prepared, all: boolean, budget: Budget): Places[] {
  charge(budget, text.length >> 2)
  const found: Places[] = []
  let from = 0
  for (;;) {
    const places = regex.find(text, from, budget)
    if (places === undefined) return found
    charge(budget, 1)
    const [start, end] = [places[0]!, places[1]!]
    from = end
    if (start === end) from += (text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1
    found.push(places)
    if (!isGlobal && !all) return found
  }
}

function namedCaptures(text: string, places: Places, names: readonly (string | null)[]): Json {
  const captures: Record<string, Json> = {}
  for (const [index, name] of names.entries()) {
    if (name === null) continue
    const [from, to] = [places[2 * index + 2]!, places[2 * index + 3]!]
    // In an empty match jq gives every group the empty string, also after a look-ahead.
    const isEmpty = places[0] === places[1]
    put(captures, name, to < 0 ? null : isEmpty ? '' : text.slice(from, to))
  }
  return captures
}

/** Whether there is a match. @throws JqError, JqLimitError */
export function isMatch(input: Json, regex: Json, modifiers: Json, budget: Budget): boolean {
  const prepared = prepare(input, regex, modifiers)
  return prepared.regex.test(prepared.text, budget)
}

function prepare(input: Json, regex: Json, modifiers: Json): Prepared {
  const [source, flags] = isArray(regex) ? [regex[0] ?? null, regex[1] ?? modifiers] : [regex, modifiers]
  if (typeof input !== 'string')
    throw new JqError(`${describe(input)} cannot be matched, as it is not a string`)
  if (typeof source !== 'string') {
    if (isArray(regex)) throw new JqError(`${describe(source)} cannot be matched, as it is not a string`)
    throw new JqError(`${typeOf(source)} not a string or array`)
  }
  if (typeof flags !== 'string' && flags !== null) throw new JqError(`${describe(flags)} is not a string`)
  try {
    return {
      text: input,
      regex: regexOf(source, flags ?? ''),
      isGlobal: flags?.includes('g') === true,
    }
  } catch (error) {
    // Only a pattern that is known at compile time can take the slow path.
    if (error instanceof NotCompiled) throw new JqError(`Regex failure: ${error.message} must be a constant`)
    throw error
  }
}

function described(
  text: string,
  places: Places,
  names: readonly (string | null)[],
  points: CodePoints,
): Match {
  const part = (index: number) => {
    const from = places[2 * index]!
    const string = text.slice(from, places[2 * index + 1])
    return { offset: points.before(from), length: lengthOf(string), string }
  }
  const whole = part(0)
  const captures = names.map((name, index): Capture => {
    if (places[2 * index + 3]! < 0) return { offset: -1, length: 0, string: null, name }
    return { ...(whole.string === '' ? whole : part(index + 1)), name }
  })
  return { ...whole, captures }
}

/** Counts the code points before a place in a text. */
class CodePoints {
  readonly #text: string
  #unit = 0
  #points = 0

  constructor(text: string) {
    this.#text = text
  }

  before(unit: number): number {
    if (unit < this.#unit) this.#points -= lengthOf(this.#text.slice(unit, this.#unit))
    else this.#points += lengthOf(this.#text.slice(this.#unit, unit))
    this.#unit = unit
    return this.#points
  }
}
