import { type Budget, charge } from '../budget.js'
import { JqError } from '../errors.js'
import { isArray, type Json, type JsonArray } from '../values/json.js'
import { describe } from '../values/text.js'
import { textIndices, type ValueFunction } from './values.js'

/** What jq's `trim` takes for white space, beyond ASCII. */
const OTHER_SPACE = /^[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/
const REPLACEMENT = 0xfffd
const LAST_CODE_POINT = 0x10_ffff

/** `name/arity` of the functions of text. */
export const STRINGS: Readonly<Record<string, ValueFunction>> = {
  'utf8bytelength/0': (input) => {
    if (typeof input !== 'string') throw new JqError(`${describe(input)} only strings have UTF-8 byte length`)
    return Buffer.byteLength(input)
  },
  'explode/0': (input, _args, budget) => {
    if (typeof input !== 'string') throw new JqError('explode input must be a string')
    charge(budget, input.length)
    return [...input].map((character) => character.codePointAt(0) as number)
  },
  'implode/0': (input, _args, budget) => {
    if (!isArray(input)) throw new JqError('implode input must be an array')
    charge(budget, input.length)
    return imploded(input)
  },
  'startswith/1': (input, [part]) => {
    const [text, start] = texts(input, part, 'startswith() requires string inputs')
    return text.startsWith(start)
  },
  'endswith/1': (input, [part]) => {
    const [text, end] = texts(input, part, 'endswith() requires string inputs')
    return text.endsWith(end)
  },
  'ltrimstr/1': (input, [part]) => withoutStart(input, part),
  'rtrimstr/1': (input, [part]) => withoutEnd(input, part),
  'trimstr/1': (input, [part]) => withoutEnd(withoutStart(input, part), part),
  'trim/0': (input, _args, budget) => trimmed(input, true, true, budget),
  'ltrim/0': (input, _args, budget) => trimmed(input, true, false, budget),
  'rtrim/0': (input, _args, budget) => trimmed(input, false, true, budget),
  'ascii_downcase/0': (input) => cased(input).replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  'ascii_upcase/0': (input) => cased(input).replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  '_strindices/1': (input, [part]) => {
    if (typeof input !== 'string')
      throw new JqError(`${describe(input)} cannot be searched, as it is not a string`)
    if (typeof part !== 'string') throw new JqError(`${describe(part as Json)} is not a string`)
    return textIndices(input, part)
  },
}

function texts(input: Json, part: Json | undefined, message: string): [string, string] {
  if (typeof input !== 'string' || typeof part !== 'string') throw new JqError(message)
  return [input, part]
}

function withoutStart(input: Json, part: Json | undefined): string {
  const [text, start] = texts(input, part, 'startswith() requires string inputs')
  return text.startsWith(start) ? text.slice(start.length) : text
}

function withoutEnd(input: Json, part: Json | undefined): string {
  const [text, end] = texts(input, part, 'endswith() requires string inputs')
  return end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text
}

/** Looks at each end once. A regular expression would try at each space of the text. */
function trimmed(input: Json, start: boolean, end: boolean, budget: Budget): string {
  if (typeof input !== 'string') throw new JqError('trim input must be a string')
  let [from, to] = [0, input.length]
  while (start && from < to && isSpace(input, from)) from++
  while (end && to > from && isSpace(input, to - 1)) to--
  charge(budget, (input.length - (to - from)) >> 2)
  return input.slice(from, to)
}

function isSpace(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
  return OTHER_SPACE.test(text[at]!)
}

function cased(input: Json): string {
  if (typeof input !== 'string') throw new JqError('explode input must be a string')
  return input
}

function imploded(points: JsonArray): string {
  let text = ''
  for (const point of points) {
    if (typeof point !== 'number' || Number.isNaN(point))
      throw new JqError(`${describe(point)} can't be imploded, unicode codepoint needs to be numeric`)
    const whole = Math.trunc(point)
    const isScalar = whole >= 0 && whole <= LAST_CODE_POINT && (whole < 0xd800 || whole > 0xdfff)
    text += String.fromCodePoint(isScalar ? whole : REPLACEMENT)
  }
  return text
}
